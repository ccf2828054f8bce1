"""Reading the value of a field of JSON, whatever it is.

Owns the texts for wrong types, lengths and characters, which are those of Django REST framework since clients match
on them. Knows no particular field.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from shared.domain.instant import parse_iso
from shared.domain.json_value import JsonValue
from shared.errors import ValidationFailed

T = TypeVar("T")

MAX_SHOWN_CHARACTERS = 100
"""How much of a wrong value its error repeats."""

_MAX_NUMBER_CHARACTERS = 1000
_INTEGER = re.compile(r"\s*([+-]?[0-9]+)(?:\.0*)?\s*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TRUE = frozenset({"t", "y", "yes", "true", "on", "1"})
_FALSE = frozenset({"f", "n", "no", "false", "off", "0"})


class FieldInvalid(ValueError):
    """A parser's answer to a wrong value. A body, or ``refusing``, makes a ``ValidationFailed`` of it."""

    def __init__(self, *texts: str) -> None:
        super().__init__(*texts)
        self.texts = texts


@contextmanager
def refusing(field: str) -> Iterator[None]:
    """Turns what a parser in the block finds wrong into a refusal of one field.

    Raises:
        ValidationFailed: with the parser's texts under the field.
    """
    try:
        yield
    except FieldInvalid as invalid:
        raise ValidationFailed(fields={field: invalid.texts}) from invalid


def parse_text(value: JsonValue, *, max_characters: int, is_blank_allowed: bool = True) -> str:
    """A string without surrounding white space; numbers count as their text. NUL and lone surrogates are refused."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise FieldInvalid("Not a valid string.")
    # Django REST framework trims before it looks at anything.
    text = _text_of(value).strip()
    if not text and not is_blank_allowed:
        raise FieldInvalid("This field may not be blank.")
    if len(text) > max_characters:
        raise FieldInvalid(f"Ensure this field has no more than {max_characters} characters.")
    check_characters(text)
    return text


def parse_boolean(value: JsonValue) -> bool:
    """A boolean, or one of the usual words and numbers for it."""
    # Cut off at five characters, the longest of the words: nothing longer need be printed.
    word = str(value).lower() if isinstance(value, bool | int | str) and len(_text_of(value)) <= 5 else ""
    if word not in _TRUE | _FALSE:
        raise FieldInvalid("Must be a valid boolean.")
    return word in _TRUE


def parse_integer(value: JsonValue, *, minimum: int, maximum: int) -> int:
    """An integer in a range; numeric strings and integral floats count."""
    text = "" if isinstance(value, bool) or not isinstance(value, str | int | float) else _text_of(value)
    # Before it is parsed, which takes time that grows with the square of the length.
    if len(text) > _MAX_NUMBER_CHARACTERS:
        raise FieldInvalid("String value too large.")
    digits = _INTEGER.fullmatch(text)
    if digits is None:
        raise FieldInvalid("A valid integer is required.")
    number = int(digits[1])
    if number < minimum:
        raise FieldInvalid(f"Ensure this value is greater than or equal to {minimum}.")
    if number > maximum:
        raise FieldInvalid(f"Ensure this value is less than or equal to {maximum}.")
    return number


INSTANT_TEXT = (
    "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)


def parse_instant(value: JsonValue) -> datetime:
    """An instant as ISO 8601 writes it, in UTC unless it says otherwise."""
    try:
        return parse_iso(value if isinstance(value, str) else "")
    except ValueError as exc:
        raise FieldInvalid(INSTANT_TEXT) from exc


def parse_list(value: JsonValue, parse_item: Callable[[JsonValue], T], *, max_items: int) -> tuple[T, ...]:
    """Every item parsed; the texts of all wrong items, each once."""
    if not isinstance(value, list):
        raise FieldInvalid(f'Expected a list of items but got type "{type(value).__name__}".')
    if len(value) > max_items:
        raise FieldInvalid(f"Ensure this field has no more than {max_items} elements.")
    items: list[T] = []
    texts: dict[str, None] = {}
    for item in value:
        try:
            items.append(parse_item(item))
        except FieldInvalid as invalid:
            # Each sentence once: a hundred wrong items have one fault.
            texts.update(dict.fromkeys(invalid.texts))
    if texts:
        raise FieldInvalid(*texts)
    return tuple(items)


def parse_name(value: JsonValue) -> str:
    """One item of a list of names: a string, taken as it is."""
    if not isinstance(value, str):
        raise FieldInvalid("Not a valid string.")
    check_characters(value)
    return value


def check_characters(text: str) -> None:
    """Raises:
    FieldInvalid: the text holds a character that no database column and no wire of ours can carry.
    """
    if "\x00" in text:
        raise FieldInvalid("Null characters are not allowed.")
    surrogate = _SURROGATE.search(text)
    if surrogate is not None:
        raise FieldInvalid(f"Surrogate characters are not allowed: U+{ord(surrogate[0]):X}.")


def check_no_control_characters(text: str) -> None:
    """Raises:
    FieldInvalid: the text holds a line break or another control character.
    """
    if _CONTROL.search(text) is not None:
        raise FieldInvalid("Control characters are not allowed.")


def shown(value: JsonValue) -> str:
    """The value as an error may repeat it: cut when long, sendable in any case; else its type."""
    is_printable = isinstance(value, str | float) or (isinstance(value, int) and abs(value) <= sys.maxsize)
    text = str(value) if is_printable else type(value).__name__
    text = text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}…"
    return _SURROGATE.sub("\ufffd", text)


def _text_of(value: str | float) -> str:
    try:
        return str(value)
    except ValueError as exc:  # Python refuses to print integers of thousands of digits
        raise FieldInvalid("String value too large.") from exc
