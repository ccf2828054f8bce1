"""The query that a list of issues is asked with: ``is:unresolved assigned:me "connection refused"``.

Owns the subset of the original's language that is understood here, and refuses the rest by name. Knows no table.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from region_silo.models.issue import SUBSTATUSES, IssueStatus
from region_silo.services.short_id import parse_short_id
from shared.domain.instant import parse_iso
from shared.errors import ValidationFailed

DEFAULT_QUERY = "is:unresolved"
"""What a list shows that was asked for nothing in particular; an empty query shows everything."""
# Longer than anybody types, and short enough for the patterns below, which look at each character more than once.
MAX_QUERY_CHARACTERS = 4096

STATUSES = {"unresolved": "unresolved", "resolved": "resolved", "ignored": "ignored", "archived": "ignored"}
"""The status that each word after ``is:`` means."""
_SUBSTATUSES = frozenset(SUBSTATUSES[IssueStatus.UNRESOLVED])
"""Substatuses that may follow ``is:``."""

# Each becomes a condition of one statement.
_MAX_TERMS = 50
# A value does not begin with //: ``http://host`` is searched for as it stands and is no filter.
_TOKEN = re.compile(
    r'(?P<negation>!?)(?P<key>[a-z][A-Za-z0-9_.]*):(?P<value>"[^"]*"|\[[^\]]*\]|(?!//)\S+)(?=\s|$)|"([^"]*)"|(\S+)'
)
_EVENT_ID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_COMPARED = re.compile(r"(>=|<=|>|<)?(.+)", re.DOTALL)
_AGO = re.compile(r"([+-])([0-9]{1,6})([smhdw])", re.ASCII)
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
"""How lengths of time are written, here and in ``statsPeriod``; the words are those of ``timedelta``."""
# So many digits always fit a column of 64 bits.
_MAX_DIGITS = 18


class Field(Enum):
    """What a term is about."""

    STATUS = "status"
    SUBSTATUS = "substatus"
    IS_ASSIGNED = "is_assigned"
    ASSIGNED = "assigned"
    ISSUE = "issue"
    LEVEL = "level"
    PROJECT = "project"
    TEXT = "text"
    EVENT = "event"
    FIRST_SEEN = "firstSeen"
    LAST_SEEN = "lastSeen"
    TIMES_SEEN = "timesSeen"


@dataclass(frozen=True, kw_only=True)
class Term:
    """One condition; a list shows issues that meet all."""

    field: Field
    value: str
    """Where it is a number or a time: an operator such as ``>=``, a blank, and what is compared with."""
    is_negated: bool = False
    or_else: tuple["Term", ...] = ()
    """What is taken as well, as in ``level:[error, fatal]``."""


def parse_query(text: str, *, now: datetime) -> tuple[Term, ...]:
    """The terms of a query.

    Args:
        text: as a person types it.
        now: from when on ``firstSeen:-24h`` counts back.

    Raises:
        ValidationFailed: it is too long, or holds a filter or a value that is not known.
    """
    # Before the expression looks at it: what it costs grows with the text.
    if len(text) > MAX_QUERY_CHARACTERS or "\x00" in text:
        raise ValidationFailed("Invalid search query: it is too long or holds characters that cannot be searched for.")
    terms = tuple(_terms(text, now))
    if len(terms) > _MAX_TERMS:
        raise ValidationFailed(f"Invalid search query: it has more than {_MAX_TERMS} terms.")
    return terms


def search_text(title: str, culprit: str) -> str:
    """What an issue is found by."""
    return f"{title}\n{culprit}".casefold()


def _terms(text: str, now: datetime) -> Iterator[Term]:
    words: list[str] = []
    for match in _TOKEN.finditer(text):
        if match["key"]:
            yield _term(match["key"], match["value"], now, is_negated=bool(match["negation"]))
        else:
            # Free words stand together as one phrase, wherever the filters between them were.
            words.append(match[4] if match[4] is not None else match[5])
    free_text = " ".join(word for word in words if word)
    # Alone: whoever pastes the id of an event looks for its issue.
    if _EVENT_ID.fullmatch(free_text):
        yield Term(field=Field.EVENT, value=free_text.replace("-", "").lower())
    elif free_text:
        # In the form of ``search_text``, which is where it is looked for.
        yield Term(field=Field.TEXT, value=free_text.casefold())


def _term(key: str, value: str, now: datetime, *, is_negated: bool) -> Term:
    if key not in {*_READERS, *_COUNTED}:
        known = ", ".join(sorted({*_READERS, *_COUNTED}))
        # Refused, not passed over: a list that ignored a filter would show what was not asked for.
        raise ValidationFailed(f'Invalid search query: "{key[:100]}" is no filter of issues here; these are: {known}.')
    if key in _COUNTED:
        return Term(field=_COUNTED[key], value=_read_compared(key, value, now), is_negated=is_negated)
    is_list = value.startswith("[") and value.endswith("]")
    named = [part.strip().strip('"') for part in (value[1:-1].split(",") if is_list else [value])]
    (field, first), *others = [_READERS[key](part) for part in named if part] or [_READERS[key]("")]
    or_else = tuple(Term(field=also, value=part) for also, part in others)
    return Term(field=field, value=first, is_negated=is_negated, or_else=or_else)


def _read_compared(key: str, value: str, now: datetime) -> str:
    """A number or a time with what it is compared by."""
    compared = _COMPARED.fullmatch(value)
    operator, operand = (compared[1] or "=", compared[2]) if compared else ("=", "")
    if key == Field.TIMES_SEEN.value and operand.isascii() and operand.isdecimal() and len(operand) <= _MAX_DIGITS:
        return f"{operator} {int(operand)}"
    try:
        if key == Field.TIMES_SEEN.value:
            operand = ""  # no time either
        if ago := _AGO.fullmatch(operand) if operator == "=" else None:
            # As the original: ``-24h`` is within the last day, ``+24h`` longer ago.
            then = now - timedelta(**{UNITS[ago[3]]: int(ago[2])})
            return f"{'>=' if ago[1] == '-' else '<='} {then.isoformat()}"
        return f"{operator} {parse_iso(operand).isoformat()}"
    except (ValueError, OverflowError) as exc:
        raise ValidationFailed(f'Invalid search query: "{value[:100]}" is nothing that {key} can be.') from exc


def _read_is(value: str) -> tuple[Field, str]:
    word = value.lower()
    if word in STATUSES:
        return Field.STATUS, STATUSES[word]
    if word in _SUBSTATUSES:
        return Field.SUBSTATUS, word
    if word in {"assigned", "unassigned"}:
        return Field.IS_ASSIGNED, word
    known = ", ".join(sorted({*STATUSES, *_SUBSTATUSES, "assigned", "unassigned"}))
    raise ValidationFailed(f'Invalid search query: an issue cannot be "{value[:100]}"; it can be: {known}.')


def _read_issue(value: str) -> tuple[Field, str]:
    short_id = parse_short_id(value)
    if short_id is None:
        raise ValidationFailed(f'Invalid search query: "{value[:100]}" is no short id of an issue.')
    return Field.ISSUE, str(short_id)


def _read_assigned(value: str) -> tuple[Field, str]:
    word = value.lower()
    return (Field.IS_ASSIGNED, "unassigned") if word == "none" else (Field.ASSIGNED, word)


_COUNTED: Mapping[str, Field] = {field.value: field for field in (Field.FIRST_SEEN, Field.LAST_SEEN, Field.TIMES_SEEN)}
"""By the names that queries have for them; what is compared and not only looked for."""
_READERS: Mapping[str, Callable[[str], tuple[Field, str]]] = {
    "is": _read_is,
    "issue": _read_issue,
    "assigned": _read_assigned,
    "assignee": _read_assigned,
    "level": lambda value: (Field.LEVEL, value.lower()),
    "project": lambda value: (Field.PROJECT, value.lower()),
}
