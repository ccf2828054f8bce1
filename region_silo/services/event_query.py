"""The query that events are searched with: ``level:error release:[1.0, 1.1] !has:user "connection refused"``.

Owns the subset of the original's language for events. A key is a field that every event has or a tag of its own; which
tags there are, only events say. Refuses what it cannot answer, and passes over nothing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.errors import ValidationFailed

MAX_QUERY_CHARACTERS = 4096
_MAX_TERMS = 50
_TOKEN = re.compile(
    r'(?P<negation>!?)(?P<key>[A-Za-z][\w.\-]*(?:\[[^\]]*\])?):(?P<value>"[^"]*"|\[[^\]]*\]|(?!//)\S*)|"([^"]*)"|(\S+)'
)
_BOOLEAN = frozenset({"AND", "OR", "(", ")"})
_TIMES = frozenset({"age", "timestamp", "timestamp.to_day", "timestamp.to_hour", "firstSeen", "lastSeen"})
TEXT = ""
"""The key of words that stand alone: they are looked for in title and message."""
HAS = "has"


@dataclass(frozen=True, kw_only=True)
class EventTerm:
    """One condition; an event must meet all."""

    key: str
    values: tuple[str, ...]
    """Case-folded; one of them, in which a star stands for anything."""
    is_negated: bool = False

    def is_met_by(self, fields: Mapping[str, str]) -> bool:
        """Whether an event with these fields meets it."""
        if self.key == TEXT:
            text = f"{fields.get('title', '')}\n{fields.get('message', '')}".casefold()
            found = all(value in text for value in self.values)
        elif self.key == HAS:
            found = all(fields.get(key_of(value)) for value in self.values)
        else:
            shown = fields.get(self.key, "").casefold()
            found = any(_is_like(shown, value) for value in self.values)
        return found is not self.is_negated


def parse_event_query(text: str) -> tuple[EventTerm, ...]:
    """The terms of a query.

    Raises:
        ValidationFailed: it is too long, or asks for what cannot be answered.
    """
    # Before the expression looks at it: what it costs grows with the text.
    if len(text) > MAX_QUERY_CHARACTERS or "\x00" in text:
        raise ValidationFailed("Invalid search query: it is too long or holds characters that cannot be searched for.")
    terms = tuple(_terms(text))
    if len(terms) > _MAX_TERMS:
        raise ValidationFailed(f"Invalid search query: it has more than {_MAX_TERMS} terms.")
    return terms


def key_of(name: str) -> str:
    """The name of a field, without the original's other spelling of a tag: ``tags[color]``."""
    return name.removeprefix("tags[").removesuffix("]") if name.startswith("tags[") else name


def _terms(text: str) -> Iterator[EventTerm]:
    for match in _TOKEN.finditer(text):
        if match["key"]:
            yield _term(match["key"], match["value"], is_negated=bool(match["negation"]))
            continue
        word = match[4] if match[4] is not None else match[5]
        if word in _BOOLEAN:
            raise ValidationFailed(f'Invalid search query: "{word}" is not understood here; all terms must be met.')
        if word:
            yield EventTerm(key=TEXT, values=(word.casefold(),))


def _term(key: str, value: str, *, is_negated: bool) -> EventTerm:
    if key in _TIMES:
        raise ValidationFailed(f'Invalid search query: instead of "{key}" say statsPeriod, or start and end.')
    is_list = value.startswith("[") and value.endswith("]")
    named = [part.strip().strip('"') for part in (value[1:-1].split(",") if is_list else [value])]
    values = tuple(part if key == HAS else part.casefold() for part in named if part)
    if values and key != HAS and values[0][0] in "<>":
        raise ValidationFailed(f'Invalid search query: "{key[:100]}" cannot be compared by size here.')
    # ``key:""`` is what has it not.
    return EventTerm(key=key_of(key), values=values or ("",), is_negated=is_negated)


def _is_like(text: str, pattern: str) -> bool:
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    # By hand and not by an expression: whatever stars a stranger sends, each part is looked for once.
    *middle, last = others
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True
