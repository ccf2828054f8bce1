"""Reading issues: one by any of its ids, and lists by query, which read an index first and rows only of one page."""

import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import peewee

from region_silo.models.event import Event
from region_silo.models.issue import Issue, IssueEnvironment
from region_silo.models.project import Project
from region_silo.services.issue_query import Field, Term
from region_silo.services.short_id import ShortId, parse_short_id
from shared.domain.path_key import find_id

ME = "me"
"""After ``assigned:``, whoever asks."""
NO_ID = 0
"""No issue has it."""


class Sort(Enum):
    """Orders of a list, each from the greatest down, by the original's names."""

    LAST_SEEN = "date"
    FIRST_SEEN = "new"
    TIMES_SEEN = "freq"
    USERS = "user"


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """When and where an issue must have been seen; nothing said is no limit."""

    since: datetime | None = None
    until: datetime | None = None
    """The last instant that counts."""
    environments: frozenset[str] = frozenset()
    """One of these; an empty one means events that named none."""


ANYWHERE = Sighting()

_COLUMNS = {
    Sort.LAST_SEEN: Issue.last_seen_at,
    Sort.FIRST_SEEN: Issue.first_seen_at,
    Sort.TIMES_SEEN: Issue.times_seen,
    Sort.USERS: Issue.user_count,
}


def find_issue(id_or_short_id: str, *, organization_ids: Collection[int] | None) -> Issue | None:
    """An issue by its id or short id; None when these organizations have no such issue. Needs a session.

    Args:
        id_or_short_id: a number, or a short id in any case.
        organization_ids: where to look; None: everywhere.
    """
    # A number first; no short id is one, since it has a dash.
    issue_id = find_id(id_or_short_id)
    if issue_id is not None:
        condition: Any = Issue.id == issue_id
    elif short_id := parse_short_id(id_or_short_id):
        condition = _has_short_id(short_id, organization_ids)
    else:
        return None
    if organization_ids is not None:
        condition &= Issue.organization_id.in_(list(organization_ids))
    # Several organizations may have a project of that slug: the oldest issue is always the same answer.
    return min(Issue.select().where(condition), key=lambda issue: issue.id, default=None)


def list_issues(
    organization_id: int,
    *,
    terms: Sequence[Term],
    user_id: int,
    sort: Sort,
    offset: int,
    limit: int,
    project_ids: Collection[int] = (),
    sighting: Sighting = ANYWHERE,
) -> list[Issue]:
    """Issues of an organization that meet every term. Needs a session.

    Args:
        organization_id: of the organization.
        terms: of the query.
        user_id: whom ``me`` means.
        sort: the order, greatest first; the newer issue first among equals.
        offset: how many to skip.
        limit: how many at most.
        project_ids: only those of these projects; empty for all.
        sighting: only those that were seen then and there.
    """
    # The id last, so that no two issues are equal: else a page could show one twice.
    order = (_COLUMNS[sort].desc(), Issue.id.desc())
    wanted = Issue.organization_id == organization_id
    # The organization stays in the condition: no id of a project leads out of it.
    if project_ids:
        wanted &= Issue.project_id.in_(list(project_ids))
    for condition in _seen(sighting):
        wanted &= condition
    for term in terms:
        wanted &= _condition(term, _Asker(organization_id, user_id))
    page = Issue.select(Issue.id).where(wanted).order_by(*order).offset(offset).limit(limit)
    # The page is found in an index alone; the wide rows are read for it only, however far it is into the list.
    ids = [issue.id for issue in page]
    return list(Issue.select().where(Issue.id.in_(ids)).order_by(*order)) if ids else []


def _seen(sighting: Sighting) -> Iterator[Any]:
    """Times of issues first, which are in the lists' indexes; an event of the time decides."""
    occurred = Event.issue_id == Issue.id
    if sighting.since:
        # The event below implies it, but this is in the index: most issues end here.
        yield Issue.last_seen_at >= sighting.since
        occurred &= Event.occurred_at >= sighting.since
    if sighting.until:
        yield Issue.first_seen_at <= sighting.until
        yield peewee.fn.EXISTS(Event.select(Event.id).where(occurred & (Event.occurred_at <= sighting.until)))
    if sighting.environments:
        # Sorted, so that one question is one text, which a server has planned already.
        named = IssueEnvironment.environment.in_(sorted(sighting.environments))
        yield peewee.fn.EXISTS(
            IssueEnvironment.select(IssueEnvironment.issue_id).where((IssueEnvironment.issue_id == Issue.id) & named)
        )


@dataclass(frozen=True)
class _Asker:
    organization_id: int
    user_id: int


def _condition(term: Term, asker: _Asker) -> Any:
    condition = _CONDITIONS[term.field](term.value, asker)
    for other in term.or_else:
        condition |= _CONDITIONS[other.field](other.value, asker)
    # What is compared with a column that holds nothing is neither true nor false, and stays so when it is negated.
    return ~peewee.fn.COALESCE(condition, peewee.SQL("FALSE")) if term.is_negated else condition


def _has_short_id(short_id: ShortId, organization_ids: Collection[int] | None) -> Any:
    """Projects are read first, so that the issue is found by an index that begins with the project."""
    projects = Project.select(Project.id).where(Project.slug == short_id.project_slug)
    if organization_ids is not None:
        projects = projects.where(Project.organization_id.in_(list(organization_ids)))
    return Issue.project_id.in_([project.id for project in projects]) & (Issue.number == short_id.number)


def _is_assigned(word: str, asker: _Asker) -> Any:
    # Both words by one condition: what is not the one is the other.
    return Issue.assignee_id.is_null(is_null=word == "unassigned")


def _is_assigned_to(name: str, asker: _Asker) -> Any:
    """By e-mail address, by id, or ``me``."""
    if name == ME:
        return Issue.assignee_id == asker.user_id
    user_id = find_id(name)
    return Issue.assignee_email == name if user_id is None else Issue.assignee_id == user_id


def _is_in_project(slug: str, asker: _Asker) -> Any:
    own = (Project.slug == slug) & (Project.organization_id == asker.organization_id)
    return Issue.project_id.in_(Project.select(Project.id).where(own))


def _is_called(text: str, asker: _Asker) -> Any:
    """Looked up first: then the list is one row, whatever it is ordered by."""
    issue = find_issue(text, organization_ids=[asker.organization_id])
    return Issue.id == (issue.id if issue else NO_ID)


def _has_event(event_id: str, asker: _Asker) -> Any:
    """Looked up first, by the index that begins with the project."""
    projects = Project.select(Project.id).where(Project.organization_id == asker.organization_id)
    found = Event.select(Event.issue_id).where(Event.project_id.in_(projects), Event.event_id == event_id)
    return Issue.id.in_([event.issue_id for event in found] or [NO_ID])


def _is_compared(column: Any, read: Callable[[str], Any]) -> Callable[[str, _Asker], Any]:
    def condition(value: str, asker: _Asker) -> Any:
        compared_by, _, operand = value.partition(" ")
        return _COMPARE[compared_by](column, read(operand))

    return condition


_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_CONDITIONS: Mapping[Field, Callable[[str, _Asker], Any]] = {
    Field.STATUS: lambda value, asker: Issue.status == value,
    Field.SUBSTATUS: lambda value, asker: Issue.substatus == value,
    Field.IS_ASSIGNED: _is_assigned,
    Field.ASSIGNED: _is_assigned_to,
    Field.ISSUE: _is_called,
    Field.LEVEL: lambda value, asker: Issue.level == value,
    Field.PROJECT: _is_in_project,
    Field.EVENT: _has_event,
    Field.FIRST_SEEN: _is_compared(Issue.first_seen_at, datetime.fromisoformat),
    Field.LAST_SEEN: _is_compared(Issue.last_seen_at, datetime.fromisoformat),
    Field.TIMES_SEEN: _is_compared(Issue.times_seen, int),
    # Folded when it was stored, as the query's words are: it takes no index, and so looks at one organization's issues.
    Field.TEXT: lambda value, asker: Issue.search_text.contains(value),
}
