"""Searching the newest events of an issue or of projects, by query, and counting them in groups.

Owns the names of an event's fields, and how far back a search looks: what it looks for is in no index.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from region_silo.events.outline import EventOutline
from region_silo.models.event import Event
from region_silo.models.issue import Issue
from region_silo.services.event_query import EventTerm, key_of
from region_silo.services.projects import projects_by_id
from region_silo.services.short_id import ShortId
from shared.database.model import fields_of
from shared.domain.instant import instant_json

MAX_PROJECTS = 100
"""How many projects can be searched at once."""
MAX_EVENTS = 1_000
"""How many of the newest events a search looks at, so that a reader waits for no more, however many there are."""
_OUTLINE = [column for column in fields_of(Event) if column is not Event.payload]


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What a search looks at."""

    project_ids: Collection[int] = ()
    issue_id: int | None = None
    """None: of every issue of the projects."""
    since: datetime | None = None
    until: datetime | None = None
    environments: Collection[str] = ()
    """Empty for all."""
    terms: Sequence[EventTerm] = ()


@dataclass(frozen=True, kw_only=True)
class FoundEvent:
    """An event that was looked for."""

    event: Event
    fields: Mapping[str, str]
    """What it is searched by and shown with, by name; a tag under its key."""


def search_events(looked: Looked) -> list[FoundEvent]:
    """The newest events that meet everything, newest first. Needs a session."""
    events = _newest(looked)
    issues = {each.id: each for each in Issue.select().where(Issue.id.in_({event.issue_id for event in events}))}
    projects = projects_by_id([event.project_id for event in events])
    found = []
    for event in events:
        fields = _fields(event, issues[event.issue_id], projects[event.project_id].slug)
        in_place = not looked.environments or fields.get("environment", "") in looked.environments
        if in_place and all(term.is_met_by(fields) for term in looked.terms):
            found.append(FoundEvent(event=event, fields=fields))
    return found


def _newest(looked: Looked) -> list[Event]:
    if looked.issue_id is not None:
        return list(_in_period(Event.select(*_OUTLINE).where(Event.issue_id == looked.issue_id), looked))
    # Each project by its index, since no index has the events of several in the order of time.
    places = [
        (event.occurred_at, event.id)
        for project_id in looked.project_ids
        for event in _in_period(Event.select(Event.id, Event.occurred_at).where(Event.project_id == project_id), looked)
    ]
    ids = [event_id for _, event_id in sorted(places, reverse=True)[:MAX_EVENTS]]
    query = Event.select(*_OUTLINE).where(Event.id.in_(ids)).order_by(Event.occurred_at.desc(), Event.id.desc())
    return list(query) if ids else []


def _in_period(query: Any, looked: Looked) -> Any:
    if looked.since:
        query = query.where(Event.occurred_at >= looked.since)
    if looked.until:
        query = query.where(Event.occurred_at <= looked.until)
    return query.order_by(Event.occurred_at.desc(), Event.id.desc()).limit(MAX_EVENTS)


def _fields(event: Event, issue: Issue, project_slug: str) -> dict[str, str]:
    outline = EventOutline(**event.outline)
    user = outline.user or {}
    own = {
        "id": event.event_id,
        "issue": str(ShortId(project_slug, issue.number)),
        "issue.id": str(event.issue_id),
        "project": project_slug,
        "project.name": project_slug,
        "project.id": str(event.project_id),
        "timestamp": instant_json(event.occurred_at),
        "title": outline.title,
        "message": outline.message,
        "culprit": outline.culprit,
        "location": outline.location or "",
        "event.type": outline.type,
        "platform": outline.platform,
        "error.type": str(outline.metadata.get("type", "")),
        "error.value": str(outline.metadata.get("value", "")),
        "user.id": str(user.get("id") or ""),
        "user.email": str(user.get("email") or ""),
        "user.username": str(user.get("username") or ""),
        "user.ip": str(user.get("ip_address") or ""),
        "user.display": str(user.get("email") or user.get("username") or user.get("id") or ""),
    }
    # Its own fields outrank tags of the same name, as the original has it.
    tags: dict[str, str] = {key: value for key, value in outline.tags}  # noqa: C416 - pairs as lists
    return tags | own


AGGREGATES: Mapping[str, Callable[[Sequence[FoundEvent], str], Any]] = {
    "count": lambda group, name: len(group),
    "count_unique": lambda group, name: len({each.fields[name] for each in group if each.fields.get(name)}),
    "last_seen": lambda group, name: max(each.fields["timestamp"] for each in group),
    "first_seen": lambda group, name: min(each.fields["timestamp"] for each in group),
    "max": lambda group, name: max(each.fields.get(name, "") for each in group),
    "min": lambda group, name: min(each.fields.get(name, "") for each in group),
}
"""What can be counted of a group of events, by the name that stands before the brackets."""


@dataclass(frozen=True)
class Column:
    """A field of an answer: what an event has, or what is counted of a group."""

    name: str
    """What it is asked for by, and shown under."""
    aggregate: str | None
    field: str

    @classmethod
    def named(cls, name: str) -> "Column":
        """The column of a name such as ``title``, ``tags[color]`` or ``count_unique(user)``.

        Raises:
            ValueError: nothing of the kind can be counted.
        """
        function, bracket, rest = name.partition("(")
        if not bracket:
            return cls(name, None, key_of(name))
        if function not in AGGREGATES or not rest.endswith(")"):
            raise ValueError(name)
        return cls(name, function, key_of(rest[:-1]))

    @property
    def type(self) -> str:
        """The original's word for what its values are."""
        if self.aggregate in {"count", "count_unique"}:
            return "integer"
        is_time = self.aggregate in {"last_seen", "first_seen"} or self.field == "timestamp"
        return "date" if is_time else "string"


def tabulate(found: Sequence[FoundEvent], columns: Sequence[Column]) -> list[dict[str, Any]]:
    """A row for each event; where a column counts, one for each group of events that are equal in the others."""
    plain = [column for column in columns if column.aggregate is None]
    if len(plain) == len(columns):
        return [_row(columns, [each]) for each in found]
    groups: dict[tuple[str | None, ...], list[FoundEvent]] = {}
    for each in found:
        groups.setdefault(tuple(each.fields.get(column.field) for column in plain), []).append(each)
    return [_row(columns, group) for group in groups.values()]


def _row(columns: Sequence[Column], group: Sequence[FoundEvent]) -> dict[str, Any]:
    first = group[0].fields
    return {
        column.name: AGGREGATES[column.aggregate](group, column.field)
        if column.aggregate
        else (first.get(column.field) or None)
        for column in columns
    }
