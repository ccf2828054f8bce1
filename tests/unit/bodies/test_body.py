from datetime import UTC, datetime
from typing import Annotated, ClassVar

import pytest
from pydantic import MISSING, ConfigDict, Field

from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Choice, Flag, Name, Text, Whole
from shared.domain.json_value import JsonValue
from shared.errors import ValidationFailed


class Pet(Body):
    """Something with a field of every kind."""

    model_config: ClassVar[ConfigDict] = shown_by({"petName": "Rex"})

    pet_name: Annotated[str, Text(5)]
    age: Annotated[int, Whole(0, 99)] | MISSING = MISSING
    is_tame: Flag | MISSING = MISSING
    owner: Annotated[str, Text(5, is_blank_allowed=True, is_one_line=True)] | MISSING | None = MISSING
    toys: list[Name] | MISSING = Field(default=MISSING, max_length=3)
    kind: Annotated[str, Choice("cat", "dog")] = "dog"
    born: datetime | None = None


def refused(body: JsonValue) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as caught:
        Pet.read(body)
    return {name: list(texts) for name, texts in caught.value.fields.items()}


WRONG: list[tuple[str, JsonValue, str]] = [
    ("petName", "", "This field may not be blank."),
    ("petName", None, "This field may not be null."),
    ("petName", [], "Not a valid string."),
    ("petName", "longer", "Ensure this field has no more than 5 characters."),
    ("petName", "a\x00", "Null characters are not allowed."),
    ("petName", "\ud800", "Surrogate characters are not allowed: U+D800."),
    ("owner", "a\nb", "Control characters are not allowed."),
    ("age", "x", "A valid integer is required."),
    ("age", 100, "Ensure this value is less than or equal to 99."),
    ("isTame", "perhaps", "Must be a valid boolean."),
    ("isTame", None, "This field may not be null."),
    ("toys", "ball", 'Expected a list of items but got type "str".'),
    ("toys", ["a", "b", "c", "d"], "Ensure this field has no more than 3 elements."),
    ("kind", "cow", '"cow" is not a valid choice.'),
    ("kind", None, "This field may not be null."),
]


@pytest.mark.parametrize(("field", "value", "text"), WRONG)
def test_what_is_wrong_with_a_field_is_said_in_the_words_of_the_original(
    field: str, value: JsonValue, text: str
) -> None:
    assert refused({"petName": "Rex", field: value}) == {field: [text]}


def test_a_body_that_is_no_object_is_refused_by_the_type_that_it_is() -> None:
    assert refused([]) == {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}


def test_every_wrong_field_is_named_in_the_order_of_the_class() -> None:
    problems = refused({"kind": 1, "age": "x", "toys": None})
    assert list(problems) == ["petName", "age", "toys", "kind"]
    assert problems["petName"] == ["This field is required."]


def test_what_is_wrong_with_items_is_said_once_under_their_list() -> None:
    assert refused({"petName": "Rex", "toys": [1, None, "a\x00"]})["toys"] == [
        "Not a valid string.",
        "Null characters are not allowed.",
    ]


def test_what_is_not_mentioned_is_neither_null_nor_empty_and_is_not_printed() -> None:
    silent, spoken = Pet.read({"petName": "Rex"}), Pet.read({"petName": "Rex", "owner": None})
    assert (silent.owner is MISSING, spoken.owner) == (True, None)
    assert set(spoken.to_json()) - set(silent.to_json()) == {"owner"}


def test_a_client_does_not_reach_a_field_by_its_name_in_python() -> None:
    assert refused({"pet_name": "Rex"}) == {"petName": ["This field is required."]}


def test_values_are_read_as_the_original_reads_them() -> None:
    pet = Pet.read({"petName": " 12 ", "age": "7.0", "isTame": "yes", "unknown": 1})
    assert (pet.pet_name, pet.age, pet.is_tame) == ("12", 7, True)


def test_an_instant_is_printed_in_utc() -> None:
    pet = Pet(pet_name="Rex", born=datetime(2030, 1, 1, 12, 0, 0, 120_000, tzinfo=UTC))
    assert pet.to_json() == {"petName": "Rex", "kind": "dog", "born": "2030-01-01T12:00:00.120000Z"}


def test_the_schema_names_the_limits_and_shows_the_example() -> None:
    schema = Pet.model_json_schema()
    assert schema["properties"]["petName"] == {"maxLength": 5, "minLength": 1, "type": "string"}
    assert schema["properties"]["age"] == {"maximum": 99, "minimum": 0, "type": "integer"}
    assert schema["properties"]["kind"]["enum"] == ["cat", "dog"]
    assert (schema["required"], schema["examples"]) == (["petName"], [{"petName": "Rex"}])
