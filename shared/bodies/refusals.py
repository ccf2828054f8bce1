"""From pydantic's errors to the refusals that clients know. Owns the texts of whatever pydantic itself finds wrong.

They are Django REST framework's, since clients of the original match on them. Other checks word their own refusals and
raise ``FieldInvalid``. A body of several wrong fields is refused with all of them, in the order of its class.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pydantic
from pydantic_core import ErrorDetails

from shared.domain.json_field import FieldInvalid, shown
from shared.errors import ValidationFailed

NULL_TEXT = "This field may not be null."

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "missing": "This field is required.",
        "list_type": 'Expected a list of items but got type "{type}".',
        "too_long": "Ensure this field has no more than {max_length} elements.",
        "too_short": "Ensure this field has at least {min_length} elements.",
        "string_type": "Not a valid string.",
        "enum": '"{shown}" is not a valid choice.',
        "literal_error": '"{shown}" is not a valid choice.',
        "dict_type": 'Expected a dictionary of items but got type "{type}".',
        "model_type": "Invalid data. Expected a dictionary, but got {type}.",
    }
)
"""By pydantic's name of the error; of all that our fields can make it find."""


def refusal_of(error: pydantic.ValidationError) -> ValidationFailed:
    """The refusal of a body, with the texts by field; those of a list's items stand under the list, each once."""
    texts: dict[str, dict[str, None]] = {}
    for detail in error.errors(include_url=False):
        field = str(detail["loc"][0])
        texts.setdefault(field, {}).update(dict.fromkeys(_texts_of(detail)))
    return ValidationFailed(fields={field: list(said) for field, said in texts.items()})


def _texts_of(detail: ErrorDetails) -> Sequence[str]:
    value, context = detail["input"], detail.get("ctx", {})
    # A field in which null is a value never fails with it.
    if value is None and len(detail["loc"]) == 1:
        return [NULL_TEXT]
    cause = context.get("error")
    if isinstance(cause, FieldInvalid):
        return cause.texts
    text = TEXTS.get(detail["type"])
    return [text.format(**context, type=type(value).__name__, shown=shown(value)) if text else detail["msg"]]
