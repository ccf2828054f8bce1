"""What every body shares: how it is named in JSON, how it is read, refused, printed and documented.

Owns the texts of whatever pydantic itself finds wrong. They are Django REST framework's, since clients of the original
match on them. Other checks word their own refusals and raise ``FieldInvalid``. A body of several wrong fields is
refused with all of them, in the order of its class.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Self

import pydantic
from pydantic import MISSING, BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails

from shared.domain.json_field import FieldInvalid, shown
from shared.domain.json_value import JsonValue
from shared.errors import ValidationFailed


class Body(BaseModel):
    """A JSON object. Its fields have Python's names here and camelCase in JSON.

    A field that may be left out is declared ``= MISSING``: what it was not sent as, it is; what it is not, is not
    printed. Null is a value of its own. Keys that no field has are passed over, since clients send back what they read.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,  # for our own code, which constructs what it prints; `read` takes no such names
        serialize_by_alias=True,
        frozen=True,
        hide_input_in_errors=True,  # there are secrets among the fields, and errors end up in logs
    )

    max_bytes: ClassVar[int] = 2_621_440
    """Largest body that is read, the original's; a larger one is refused before it is parsed."""

    @classmethod
    def read(cls, value: JsonValue, *, context: object = None) -> Self:
        """The body that a client sent.

        Args:
            value: any parsed JSON.
            context: what the class asks for to check the body against.

        Raises:
            ValidationFailed: it is no object, or fields of it are wrong; ``fields`` has the texts of all that are
                wrong by themselves, in the order of the class, or else of the first rule between fields that is broken.
        """
        if not isinstance(value, dict):
            text = f"Invalid data. Expected a dictionary, but got {type(value).__name__}."
            raise ValidationFailed(text, fields={"non_field_errors": [text]})
        try:
            # By the names of JSON alone: a client must not find a second spelling of a field.
            return cls.model_validate(value, by_alias=True, by_name=False, context=context)
        except pydantic.ValidationError as error:
            raise refusal_of(error) from error

    def to_json(self) -> dict[str, Any]:
        """The body as parsed JSON, to be put into something bigger; ``json_answer`` prints one that is answered."""
        return self.model_dump(mode="json")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        shown = handler(schema)
        # Behind the reference, where pydantic has put the properties.
        described = handler.resolve_ref_schema(shown)
        # pydantic gives every field its name again as a title.
        for field in described.get("properties", {}).values():
            field.pop("title", None)
        if handler.mode == "serialization":
            # What has a default is printed all the same; only what is MISSING may be absent from an answer.
            described["required"] = [
                field.serialization_alias or name
                for name, field in cls.model_fields.items()
                if field.default is not MISSING
            ]
        return shown


def shown_by(*examples: dict[str, Any]) -> ConfigDict:
    """The configuration of a body that these examples document."""
    return ConfigDict(json_schema_extra={"examples": list(examples)})


NULL_TEXT = "This field may not be null."

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "missing": "This field is required.",
        "list_type": 'Expected a list of items but got type "{type}".',
        "too_long": "Ensure this field has no more than {max_length} elements.",
        "string_type": "Not a valid string.",
        "model_type": "Invalid data. Expected a dictionary, but got {type}.",
        "literal_error": '"{shown}" is not a valid choice.',
    }
)
"""By pydantic's name of the error; of all that our fields can make it find."""


def refusal_of(error: pydantic.ValidationError) -> ValidationFailed:
    """The refusal of a body, with the texts by field; those of a list's items stand under the list, each once."""
    texts: dict[str, dict[str, None]] = {}
    for detail in error.errors(include_url=False):
        field = str(detail["loc"][0])
        # A dictionary, which keeps the order and each sentence once.
        texts.setdefault(field, {}).update(dict.fromkeys(_texts_of(detail)))
    return ValidationFailed(fields={field: list(said) for field, said in texts.items()})


def _texts_of(detail: ErrorDetails) -> Sequence[str]:
    value, context = detail["input"], detail.get("ctx", {})
    # A field in which null is a value never fails with it.
    # Of the field itself: a null in a list is an item of a wrong type.
    if value is None and len(detail["loc"]) == 1:
        return [NULL_TEXT]
    cause = context.get("error")
    if isinstance(cause, FieldInvalid):
        return cause.texts
    text = TEXTS.get(detail["type"])
    return [text.format(**context, type=type(value).__name__, shown=shown(value)) if text else detail["msg"]]
