"""Reading events: one by its id, the newest or the oldest of an issue, and lists."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee

from region_silo.models.event import Event
from region_silo.models.issue import Issue
from region_silo.models.project import Project
from shared.database.model import fields_of

LATEST, OLDEST, RECOMMENDED = "latest", "oldest", "recommended"
"""What may stand where an event's id stands; which one the original recommends is not known here: the newest."""

_NOT_HANDLED = ["handled", "no"]
"""The tag of an event whose exception nobody caught."""
# A payload may have hundreds of kilobytes, and a list shows none of it.
_OUTLINE = [column for column in fields_of(Event) if column is not Event.payload]


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Ids of the events of an issue before and after one, in time; None at either end."""

    previous_id: str | None
    next_id: str | None


def find_event(issue: Issue, name: str) -> Event | None:
    """An event of an issue by its id, or the newest or the oldest; None when there is none. Needs a session."""
    events = Event.select().where(Event.issue_id == issue.id)
    if name in {LATEST, RECOMMENDED}:
        events = events.order_by(Event.occurred_at.desc(), Event.id.desc())
    elif name == OLDEST:
        events = events.order_by(Event.occurred_at, Event.id)
    else:
        events = events.where((Event.project_id == issue.project_id) & (Event.event_id == name))
    event: Event | None = events.first()
    return event


def find_project_event(project_id: int, event_id: str) -> Event | None:
    """An event of a project by its id; None when there is none. Needs a session."""
    return Event.get_or_none((Event.project_id == project_id) & (Event.event_id == event_id))


def find_organization_event(organization_id: int, event_id: str) -> Event | None:
    """An event of an organization by its id, of the newest project that has it; None when none has. Needs a session."""
    # By the index that begins with the project: an id is unique in a project alone.
    projects = Project.select(Project.id).where(Project.organization_id == organization_id)
    named = Event.project_id.in_(projects) & (Event.event_id == event_id)
    event: Event | None = Event.select().where(named).order_by(Event.id.desc()).first()
    return event


def list_events(
    issue_id: int, *, offset: int, limit: int, since: datetime | None = None, until: datetime | None = None
) -> list[Event]:
    """Events of an issue in a time, without their payloads, newest first. Needs a session."""
    wanted = Event.issue_id == issue_id
    if since:
        wanted &= Event.occurred_at >= since
    if until:
        wanted &= Event.occurred_at <= until
    return _newest_first(wanted, offset=offset, limit=limit)


def list_project_events(project_id: int, *, offset: int, limit: int) -> list[Event]:
    """Events of a project without their payloads, newest first. Needs a session."""
    return _newest_first(Event.project_id == project_id, offset=offset, limit=limit)


def _newest_first(wanted: Any, *, offset: int, limit: int) -> list[Event]:
    newest = Event.select(*_OUTLINE).where(wanted).order_by(Event.occurred_at.desc(), Event.id.desc())
    return list(newest.offset(offset).limit(limit))


def unhandled_among(issue_ids: Collection[int]) -> set[int]:
    """Those of the issues whose newest event was not handled. Needs a session."""
    if not issue_ids:
        return set()
    beside = Event.alias()
    # For each issue one look into an index, and not at all its events.
    newest = beside.select(beside.id).where(beside.issue_id == Issue.id)
    newest = newest.order_by(beside.occurred_at.desc(), beside.id.desc()).limit(1)
    events = Event.select(Event.issue_id, Event.outline).join(Issue, on=Event.id == newest)
    return {
        event.issue_id for event in events.where(Issue.id.in_(set(issue_ids))) if _NOT_HANDLED in event.outline["tags"]
    }


def neighbours_of(event: Event) -> Neighbours:
    """The events of its issue beside an event. Needs a session."""
    # Compared as one row of time and id: two events of one instant have an order, so that going on leaves none out.
    place = peewee.Tuple(Event.occurred_at, Event.id)
    here = peewee.Tuple(Event.occurred_at.db_value(event.occurred_at), event.id)
    return Neighbours(
        previous_id=_first_id(event, place < here, order=(Event.occurred_at.desc(), Event.id.desc())),
        next_id=_first_id(event, place > here, order=(Event.occurred_at, Event.id)),
    )


def _first_id(event: Event, condition: Any, *, order: tuple[Any, ...]) -> str | None:
    beside = Event.select(Event.event_id).where((Event.issue_id == event.issue_id) & condition)
    found: Mapping[str, str] | None = beside.order_by(*order).dicts().first()
    return found["event_id"] if found else None
