"""The query that a list of issues is asked with: ``is:unresolved assigned:me "connection refused"``.

Owns the subset of the original's language that is understood here, and refuses the rest by name. Knows no table.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from region_silo.models.issue import SUBSTATUSES, IssueStatus
from region_silo.services.short_id import parse_short_id
from shared.errors import ValidationFailed

DEFAULT_QUERY = "is:unresolved"
"""What a list shows that was asked for nothing in particular; an empty query shows everything."""
MAX_QUERY_CHARACTERS = 4096

STATUSES = {"unresolved": "unresolved", "resolved": "resolved", "ignored": "ignored", "archived": "ignored"}
"""The status that each word after ``is:`` means."""
_SUBSTATUSES = frozenset(SUBSTATUSES[IssueStatus.UNRESOLVED])
"""Substatuses that may follow ``is:``."""

# Each becomes a condition of one statement.
_MAX_TERMS = 50
# A value does not begin with //: ``http://host`` is searched for as it stands and is no filter.
_TOKEN = re.compile(r'(?P<negation>!?)(?P<key>[a-z][a-z0-9_.]*):(?P<value>"[^"]*"|(?!//)\S+)(?=\s|$)|"([^"]*)"|(\S+)')


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


@dataclass(frozen=True, kw_only=True)
class Term:
    """One condition; a list shows issues that meet all."""

    field: Field
    value: str
    is_negated: bool = False


def parse_query(text: str) -> tuple[Term, ...]:
    """The terms of a query.

    Raises:
        ValidationFailed: it is too long, or holds a filter or a value that is not known.
    """
    # Before the expression looks at it: what it costs grows with the text.
    if len(text) > MAX_QUERY_CHARACTERS or "\x00" in text:
        raise ValidationFailed("Invalid search query: it is too long or holds characters that cannot be searched for.")
    terms = tuple(_terms(text))
    if len(terms) > _MAX_TERMS:
        raise ValidationFailed(f"Invalid search query: it has more than {_MAX_TERMS} terms.")
    return terms


def search_text(title: str, culprit: str) -> str:
    """What an issue is found by."""
    return f"{title}\n{culprit}".casefold()


def _terms(text: str) -> Iterator[Term]:
    words: list[str] = []
    for match in _TOKEN.finditer(text):
        if match["key"]:
            yield _term(match["key"], match["value"].strip('"'), is_negated=bool(match["negation"]))
        else:
            # Free words stand together as one phrase, wherever the filters between them were.
            words.append(match[4] if match[4] is not None else match[5])
    if free_text := " ".join(word for word in words if word):
        # In the form of ``search_text``, which is where it is looked for.
        yield Term(field=Field.TEXT, value=free_text.casefold())


def _term(key: str, value: str, *, is_negated: bool) -> Term:
    if key not in _READERS:
        known = ", ".join(sorted(_READERS))
        # Refused, not passed over: a list that ignored a filter would show what was not asked for.
        raise ValidationFailed(f'Invalid search query: "{key[:100]}" is no filter of issues here; these are: {known}.')
    field, value = _READERS[key](value)
    return Term(field=field, value=value, is_negated=is_negated)


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


_READERS: Mapping[str, Callable[[str], tuple[Field, str]]] = {
    "is": _read_is,
    "issue": _read_issue,
    "assigned": _read_assigned,
    "assignee": _read_assigned,
    "level": lambda value: (Field.LEVEL, value.lower()),
    "project": lambda value: (Field.PROJECT, value.lower()),
}
