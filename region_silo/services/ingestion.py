"""Storing events: each once, with the issue that it belongs to, in one transaction of a few statements.

Owns when an issue is new, when it comes back, and how it counts. Statements are written by hand: this is the path that
every event of every monitored program takes.
"""

import json
from dataclasses import dataclass

from region_silo.events.incoming import IncomingEvent
from region_silo.models.event import Event
from region_silo.models.issue import IssueStatus
from region_silo.models.project import Project
from region_silo.services.activity import IssueKey, record_activity
from region_silo.services.ids import IdKind, next_id
from region_silo.services.issue_query import search_text
from region_silo.services.metric_firing import count_event
from region_silo.services.region import Region
from region_silo.services.rule_firing import Sighting, fire_rules
from region_silo.services.status_details import Snooze
from shared.database.columns import instant_text
from shared.database.locking import lock_clause
from shared.database.transaction import Transaction
from shared.domain.event import AppEvent
from shared.domain.happening import Detail, ErrorSeen, IssueSeen, StatusChanged
from shared.domain.webhook import PLATFORM

REGRESSED = "regressed"
"""Substatus of an issue that was resolved and came back."""
ONGOING = "ongoing"
"""Substatus of one that was ignored for a time, or for so many events."""


@dataclass(frozen=True, kw_only=True)
class StoredEvent:
    """What became of an event."""

    issue_id: int
    is_new_issue: bool
    is_regression: bool
    """The issue had been resolved."""


@dataclass(frozen=True)
class _Found:
    issue_id: int
    status: str
    details: str | None
    """What the status comes with, as it is stored."""


# SDKs send an event again when the answer was lost; of two at once one finds the other's row only at its own insert.
class _AlreadyStoredError(Exception):
    """Undoes what was written for an event that turns out to be stored."""


_FIND_ISSUE = "SELECT id, status, status_details FROM issue WHERE project_id = ? AND grouping_hash = ?"
_LOCK_PROJECT = "SELECT id FROM project WHERE id = ?"
# The number is counted on the project's row, which is held by then: short ids have no gaps and no twins.
_NUMBER_ISSUE = """
UPDATE project SET issue_count = issue_count + 1, first_event_at = COALESCE(first_event_at, ?) WHERE id = ?
RETURNING issue_count
"""
_INSERT_ISSUE = """
INSERT INTO issue (
    id, organization_id, project_id, number, grouping_hash, title, culprit, search_text, type, level, platform,
    metadata, status, substatus, times_seen, user_count, comment_count, first_seen_at, last_seen_at, created_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'new', 1, ?, 0, ?, ?, ?)
"""
# Counted in the database: events of one issue come from many processes at once.
_COUNT_EVENT = """
UPDATE issue SET
    times_seen = times_seen + 1,
    user_count = user_count + ?,
    first_seen_at = CASE WHEN first_seen_at > ? THEN ? ELSE first_seen_at END,
    last_seen_at = CASE WHEN last_seen_at < ? THEN ? ELSE last_seen_at END,
    title = ?, culprit = ?, search_text = ?, type = ?, level = ?, platform = ?, metadata = ?
WHERE id = ? RETURNING times_seen, user_count
"""
_REOPEN = "UPDATE issue SET status = ?, substatus = ?, status_details = NULL, resolved_at = NULL WHERE id = ?"
# A row returned is a user whom the issue had not: that is how they are counted, without counting them.
_INSERT_USER = "INSERT INTO issue_user (issue_id, user_hash) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING issue_id"
_INSERT_ENVIRONMENT = "INSERT INTO issue_environment (issue_id, environment) VALUES (?, ?) ON CONFLICT DO NOTHING"
_INSERT_EVENT = """
INSERT INTO event (project_id, event_id, issue_id, occurred_at, received_at, size, outline, payload)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, event_id) DO NOTHING RETURNING id
"""


def store_event(region: Region, *, project: Project, event: IncomingEvent) -> StoredEvent | None:
    """Stores an event and counts it to its issue, which is created or reopened when need be.

    Returns:
        What became of it; None when the project has an event of that id already, and nothing was changed.

    Raises:
        SiloUnreachable: a new issue cannot be given an id, because control has never heard of this region.
    """
    try:
        with region.database.transaction() as tx:
            stored = store_in(tx, region, project=project, event=event)
            # Last, since rules ask about what has just been written.
            fire_rules(tx, _sighting(project, event, stored), region=region)
            # After everything of the issue: whoever holds a rule of a metric waits for nobody who holds an issue.
            count_event(tx, project, region=region, at=event.received_at)
            return stored
    except _AlreadyStoredError:
        return None


def store_in(tx: Transaction, region: Region, *, project: Project, event: IncomingEvent) -> StoredEvent:
    """Like ``store_event``, for an event that is new, in the caller's transaction; no rule is asked about it."""
    found = _find_issue(tx, project, event)
    if found is None:
        # Two first events of one problem would both find no issue. Only who saw none holds the project's row,
        # so that events of issues that exist never wait for each other here. The look is repeated under it.
        _hold(tx, project)
        found = _find_issue(tx, project, event)
    if found is None:
        return _store_first(tx, region, project, event)
    return _store_next(tx, region, project, event, found)


def _sighting(project: Project, event: IncomingEvent, stored: StoredEvent) -> Sighting:
    return Sighting(
        issue=_key(project, stored.issue_id),
        event_id=event.event_id,
        environment=event.outline.environment,
        is_new_issue=stored.is_new_issue,
        is_regression=stored.is_regression,
        at=event.received_at,
    )


def _find_issue(tx: Transaction, project: Project, event: IncomingEvent) -> _Found | None:
    # Locked: of two events of one issue the second counts after the first, and a resolved issue comes back once.
    rows = tx.database.rows(_FIND_ISSUE + lock_clause(tx), (project.id, event.grouping_hash))
    return _Found(*rows[0]) if rows else None


def _hold(tx: Transaction, project: Project) -> None:
    """Lets one transaction at a time look for an issue that is not there and create it."""
    tx.database.rows(_LOCK_PROJECT + lock_clause(tx), (project.id,))


def _store_first(tx: Transaction, region: Region, project: Project, event: IncomingEvent) -> StoredEvent:
    occurred_at, received_at = instant_text(event.occurred_at), instant_text(event.received_at)
    # Counted up although the event may be stored already: the transaction that finds it so takes the number back.
    ((number,),) = tx.database.rows(_NUMBER_ISSUE, (received_at, project.id))
    issue = _key(project, next_id(tx, IdKind.ISSUE))
    # Early, since an event that is stored already undoes whatever was written before it.
    _insert_event(tx, event, issue)
    tx.database.rows(
        _INSERT_ISSUE,
        (
            *(issue.issue_id, issue.organization_id, issue.project_id, number, event.grouping_hash),
            *_description(event),
            *(IssueStatus.UNRESOLVED.value, _add_user(tx, event, issue), occurred_at, occurred_at, received_at),
        ),
    )
    # The issue before the error: an app hears of a thing before what happens to it.
    seen = IssueSeen(event_id=event.event_id)
    _record(tx, AppEvent.ISSUE_CREATED, seen, region=region, issue=issue, event=event)
    _record_error(tx, event, region=region, issue=issue)
    return StoredEvent(issue_id=issue.issue_id, is_new_issue=True, is_regression=False)


def _store_next(tx: Transaction, region: Region, project: Project, event: IncomingEvent, found: _Found) -> StoredEvent:
    issue = _key(project, found.issue_id)
    _insert_event(tx, event, issue)
    at = instant_text(event.occurred_at)
    values = (_add_user(tx, event, issue), at, at, at, at, *_description(event), issue.issue_id)
    ((times_seen, user_count),) = tx.database.rows(_COUNT_EVENT, values)
    is_regression = found.status == IssueStatus.RESOLVED
    if is_regression:
        _reopen(tx, event, region=region, issue=issue, substatus=REGRESSED)
    # An issue that is ignored stays so, however many events come, unless it is ignored until just so many have come.
    elif found.status == IssueStatus.IGNORED and found.details:
        snooze = Snooze.of(json.loads(found.details))
        if snooze.is_over(tx, issue.issue_id, at=event.received_at, times_seen=times_seen, user_count=user_count):
            _reopen(tx, event, region=region, issue=issue, substatus=ONGOING)
    _record_error(tx, event, region=region, issue=issue)
    return StoredEvent(issue_id=issue.issue_id, is_new_issue=False, is_regression=is_regression)


def _reopen(tx: Transaction, event: IncomingEvent, *, region: Region, issue: IssueKey, substatus: str) -> None:
    tx.database.rows(_REOPEN, (IssueStatus.UNRESOLVED.value, substatus, issue.issue_id))
    back = StatusChanged(substatus=substatus, event_id=event.event_id)
    _record(tx, AppEvent.ISSUE_UNRESOLVED, back, region=region, issue=issue, event=event)


def _key(project: Project, issue_id: int) -> IssueKey:
    return IssueKey(organization_id=project.organization_id, project_id=project.id, issue_id=issue_id)


def _insert_event(tx: Transaction, event: IncomingEvent, issue: IssueKey) -> None:
    inserted = tx.database.rows(
        _INSERT_EVENT,
        (
            issue.project_id,
            event.event_id,
            issue.issue_id,
            instant_text(event.occurred_at),
            instant_text(event.received_at),
            event.size,
            json.dumps(vars(event.outline)),
            Event.payload.db_value(event.payload),
        ),
    )
    if not inserted:
        raise _AlreadyStoredError
    # Without a name it is the empty one, by which clients look for it.
    tx.database.rows(_INSERT_ENVIRONMENT, (issue.issue_id, event.outline.environment or ""))


def _description(event: IncomingEvent) -> tuple[str, ...]:
    """Title, culprit, search text, type, level, platform, metadata: an issue shows those of its newest event."""
    shown = event.outline
    text = search_text(shown.title, shown.culprit)
    return shown.title, shown.culprit, text, shown.type, shown.level, shown.platform, json.dumps(shown.metadata)


def _add_user(tx: Transaction, event: IncomingEvent, issue: IssueKey) -> int:
    """How many users the event adds to those of the issue: one or none."""
    if event.user_hash is None:
        return 0
    return len(tx.database.rows(_INSERT_USER, (issue.issue_id, event.user_hash)))


def _record_error(tx: Transaction, event: IncomingEvent, *, region: Region, issue: IssueKey) -> None:
    # Messages are events too, and the original tells apps of none.
    if event.outline.type == "error":
        _record(tx, AppEvent.ERROR_CREATED, ErrorSeen(event_id=event.event_id), region=region, issue=issue, event=event)


def _record(
    tx: Transaction, told: AppEvent, detail: Detail, *, region: Region, issue: IssueKey, event: IncomingEvent
) -> None:
    record_activity(tx, told, region=region, issue=issue, actor=PLATFORM, detail=detail, at=event.received_at)
