"""Kinds of fields, as metadata of their types: ``title: Annotated[str, Text(200)]``.

What a client sends is read as Django REST framework reads it, with its texts for what is wrong; our own code is
checked alike when it prints. The rules themselves are ``shared.domain.json_field``'s.
"""

from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import MISSING, BeforeValidator, SkipValidation
from pydantic_core import CoreSchema, core_schema

from shared.domain.json_field import (
    check_no_control_characters,
    parse_boolean,
    parse_instant,
    parse_integer,
    parse_name,
    parse_text,
)
from shared.domain.json_value import JsonValue

T = TypeVar("T")


@dataclass(frozen=True)
class Text:
    """A text without white space around it; numbers count as their text."""

    max_characters: int
    _: KW_ONLY
    is_blank_allowed: bool = False
    is_one_line: bool = False
    """Whether line breaks and other control characters are refused."""

    def read(self, value: JsonValue) -> str:
        text = parse_text(value, max_characters=self.max_characters, is_blank_allowed=self.is_blank_allowed)
        if self.is_one_line:
            check_no_control_characters(text)
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        # In the schema too, so that the documentation says what is checked.
        shortest = None if self.is_blank_allowed else 1
        text = core_schema.str_schema(min_length=shortest, max_length=self.max_characters)
        return core_schema.no_info_before_validator_function(self.read, text)


@dataclass(frozen=True)
class Whole:
    """A whole number in a range, both ends included; numeric texts count."""

    minimum: int
    maximum: int

    def read(self, value: JsonValue) -> int:
        return parse_integer(value, minimum=self.minimum, maximum=self.maximum)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        number = core_schema.int_schema(ge=self.minimum, le=self.maximum)
        # Before pydantic's own check, whose texts are not the original's.
        return core_schema.no_info_before_validator_function(self.read, number)


class Choice:
    """One of some texts, as it is: ``level: Annotated[str, Choice("error", "warning")]``."""

    def __init__(self, *values: str) -> None:
        self.values = values

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.literal_schema(list(self.values))


Flag: TypeAlias = Annotated[bool, BeforeValidator(parse_boolean)]
"""Yes or no; the usual words and numbers for it count."""

Instant: TypeAlias = Annotated[datetime, BeforeValidator(parse_instant)]
"""A time, as ISO 8601 writes it; UTC unless it says otherwise."""

Name: TypeAlias = Annotated[str, BeforeValidator(parse_name)]
"""An item of a list of names: a text, taken as it is."""

JsonDict: TypeAlias = Annotated[dict[str, Any], SkipValidation]
"""Any JSON object: whatever was parsed, lone surrogates included, is printed again."""


def sent_or_none(value: T | MISSING | None) -> T | None:
    """What was sent for a field; None, too, for one that was left out."""
    return None if value is MISSING else value
