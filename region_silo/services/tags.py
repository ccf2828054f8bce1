"""What the events of an issue have in common: how often each tag has each value.

Owns how far back it looks. Tags are part of an event's outline and have no table of their own, so that they are counted
when somebody asks.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from region_silo.events.outline import EventOutline
from region_silo.models.event import Event
from shared.database.model import fields_of

MAX_EVENTS = 1_000
"""The newest events of an issue whose tags are counted: what a reader waits for stays the same, however many there
are."""
_OUTLINE = [column for column in fields_of(Event) if column.name in {"occurred_at", "outline"}]


@dataclass(frozen=True, kw_only=True)
class TagValue:
    """A value of a tag."""

    value: str
    count: int
    """How many events have it."""
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class TagCounts:
    """How the values of a tag are distributed."""

    key: str
    event_count: int
    """How many events were looked at, those without the tag too."""
    values: tuple[TagValue, ...]
    """The most frequent first; among equals the one that was seen last."""


def count_tags(issue_id: int, *, environments: Collection[str]) -> list[TagCounts]:
    """Every tag of an issue's newest events, by key. Needs a session.

    Args:
        issue_id: of the issue.
        environments: only events of one of these; empty for all.
    """
    seen: dict[str, dict[str, list[datetime]]] = {}
    count = 0
    for at, outline in _outlines(issue_id):
        # An event that names no environment is one of the environment without a name.
        if environments and (outline.environment or "") not in environments:
            continue
        count += 1
        for key, value in outline.tags:
            seen.setdefault(key, {}).setdefault(value, []).append(at)
    return [TagCounts(key=key, event_count=count, values=_ranked(seen[key])) for key in sorted(seen)]


def _outlines(issue_id: int) -> Iterator[tuple[datetime, EventOutline]]:
    newest = Event.select(*_OUTLINE).where(Event.issue_id == issue_id).order_by(Event.occurred_at.desc())
    for event in newest.limit(MAX_EVENTS):
        yield event.occurred_at, EventOutline(**event.outline)


def _ranked(seen: dict[str, list[datetime]]) -> tuple[TagValue, ...]:
    values = [
        TagValue(value=value, count=len(times), first_seen_at=min(times), last_seen_at=max(times))
        for value, times in seen.items()
    ]
    return tuple(sorted(values, key=lambda each: (each.count, each.last_seen_at), reverse=True))
