"""Which issues a query string names: by id, or as a list by project, query, order, length, and where they were seen."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from starlette.datastructures import QueryParams
from starlette.requests import Request

from region_silo.services.issue_query import DEFAULT_QUERY, UNITS, Term, parse_query
from region_silo.services.issues import Sighting, Sort, find_issue
from region_silo.services.projects import find_project
from region_silo.services.short_id import parse_short_id
from shared.domain.instant import parse_iso
from shared.domain.json_field import shown
from shared.domain.path_key import find_id, path_key
from shared.errors import PermissionDenied, ValidationFailed
from shared.http.endpoint import PAGE_PARAMETERS, Parameter
from shared.http.pagination import MAX_PER_PAGE, PageRequest, page_request

ENVIRONMENT_PARAMETER = Parameter(
    name="environment", description="Only what was seen in this environment; may be repeated; empty for that of none."
)
SIGHTING_PARAMETERS = (
    Parameter(
        name="statsPeriod",
        description="Only issues seen this long ago at most, such as `24h` or `14d`. Outranks `start` and `end`.",
        schema={"type": "string", "pattern": "^[0-9]{1,6}[smhdw]$"},
    ),
    Parameter(name="start", description="Only issues seen at this time or later; ISO 8601, in UTC unless it says so."),
    Parameter(name="end", description="Only issues seen at this time or earlier; likewise."),
    ENVIRONMENT_PARAMETER,
)
_PERIOD = re.compile(r"([0-9]{1,6})([smhdw])", re.ASCII)
_MAX_ENVIRONMENTS = 100
ALL_PROJECTS = "-1"
_MAX_PROJECTS = 100
MAX_ISSUES_AT_ONCE = 1_000
TAKEN_FOR_LAST_SEEN = frozenset({"recommended", "trends", "inbox"})
UNHANDLED = "unhandled"
"""What a list can be spared, by the original's name."""
NAME_THEM = "Name the issues to change: ?id=1&id=2."

PROJECT_PARAMETER = Parameter(name="project", description="Id or slug; may be repeated; `-1` for all.")
QUERY_PARAMETERS = (
    Parameter(
        name="query",
        description="`is:unresolved`, `assigned:me`, `issue:WEB-1`, `level:[error, fatal]`, `project:web`, "
        "`firstSeen:-24h`, `lastSeen:>2030-01-01`, `timesSeen:>=10`, the id of an event, or words of the title; "
        f"`{DEFAULT_QUERY}` when it is absent.",
    ),
    Parameter(name="shortIdLookup", description="`1`: a `query` that is a short id names that issue."),
    Parameter(name="status", description="Short for the query `is:<status>`; counts where there is no `query`."),
    *SIGHTING_PARAMETERS,
    Parameter(
        name="sort",
        description="The greatest comes first.",
        schema={"type": "string", "enum": [sort.value for sort in Sort], "default": Sort.LAST_SEEN.value},
    ),
)
"""Which issues are meant, and in which order."""
LIST_PARAMETERS = (
    *QUERY_PARAMETERS,
    Parameter(
        name="limit",
        description="As `per_page`.",
        schema={"type": "integer", "minimum": 1, "maximum": MAX_PER_PAGE, "default": MAX_PER_PAGE},
    ),
    Parameter(name="collapse", description="`unhandled`: leave out what that costs to find; others mean nothing here."),
    *PAGE_PARAMETERS,
)


@dataclass(frozen=True)
class IssueListRequest:
    """Which issues are asked for, and in which order."""

    terms: tuple[Term, ...]
    sort: Sort
    sighting: Sighting


def read_list_request(request: Request, *, now: datetime) -> IssueListRequest:
    """Reads ``QUERY_PARAMETERS``.

    Args:
        request: with the query string.
        now: the present.

    Raises:
        ValidationFailed: a parameter makes no sense.
    """
    return IssueListRequest(
        terms=parse_query(_query(request), now=now),
        sort=_sort(request.query_params.get("sort") or Sort.LAST_SEEN.value),
        sighting=sighting_of(request.query_params, now=now),
    )


def _query(request: Request) -> str:
    query, status = request.query_params.get("query"), request.query_params.get("status")
    if query is not None:
        # Clients that look a short id up send it bare.
        is_short_id = request.query_params.get("shortIdLookup") == "1" and parse_short_id(query.strip())
        return f"issue:{query.strip()}" if is_short_id else query
    return f"is:{status}" if status else DEFAULT_QUERY


def project_ids_of(request: Request, organization_id: int) -> set[int]:
    """Ids of the projects that ``project`` names; empty for all. Needs a session.

    Raises:
        PermissionDenied: one of them is none of the organization's.
        ValidationFailed: too many.
    """
    names = set(_listed(request.query_params.getlist("project")))
    # Whatever else is named beside it: all are all.
    if ALL_PROJECTS in names:
        return set()
    if len(names) > _MAX_PROJECTS:
        raise ValidationFailed(f"At most {_MAX_PROJECTS} projects can be asked for at once.")
    ids = set()
    for name in names:
        key = path_key(name)
        project = find_project(organization_id, key) if key is not None else None
        if project is None:
            # As the original: that a project does not exist is not told apart from that it is another's.
            raise PermissionDenied
        ids.add(project.id)
    return ids


def issue_ids_of(request: Request, organization_id: int) -> list[int] | None:
    """The issues that ``id`` names, by id or short id; unknown ones are left out. None: it is absent. Needs a session.

    Raises:
        ValidationFailed: it names none, or too many.
    """
    # Absent is another thing than empty: absent means what the query finds, empty is a client's mistake.
    if "id" not in request.query_params:
        return None
    names = dict.fromkeys(name.strip() for value in request.query_params.getlist("id") for name in value.split(","))
    names.pop("", None)
    if not names:
        raise ValidationFailed(NAME_THEM)
    if len(names) > MAX_ISSUES_AT_ONCE:
        raise ValidationFailed(f"At most {MAX_ISSUES_AT_ONCE} issues can be changed at once.")
    found = (_issue_id(name, organization_id) for name in names)
    # Unknown ones are left out, as ids that do not exist are when they are changed.
    return [issue_id for issue_id in found if issue_id]


def _listed(values: Iterable[str]) -> list[str]:
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


def _issue_id(name: str, organization_id: int) -> int | None:
    """Ids are looked for when they are changed, all at once; short ids here."""
    issue_id = find_id(name)
    if issue_id is not None:
        return issue_id
    issue = find_issue(name, organization_ids=[organization_id])
    return issue.id if issue else None


def _sort(name: str) -> Sort:
    known = {sort.value: sort for sort in Sort}
    # Orders of the original's that rest on what is not known here: by when they were seen, which is nearest to each.
    if name in TAKEN_FOR_LAST_SEEN:
        return Sort.LAST_SEEN
    if name not in known:
        raise ValidationFailed(f"Invalid sort {shown(name)!r}; issues can be sorted by: {', '.join(known)}.")
    return known[name]


def read_page_request(request: Request) -> PageRequest:
    """Reads which page is meant; ``limit`` outranks ``per_page`` and the length that a cursor remembers.

    Raises:
        ValidationFailed, CursorInvalid: a parameter makes no sense.
    """
    page, text = page_request(request), request.query_params.get("limit")
    if not text:
        return page
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    if not is_number or not 1 <= int(text) <= MAX_PER_PAGE:
        raise ValidationFailed(f"Invalid limit value. Must be between 1 and {MAX_PER_PAGE}.")
    # The offset goes with it: the page of a cursor is counted in pages of this length.
    return replace(page, limit=int(text), offset=page.page * int(text))


def sighting_of(query: QueryParams, *, now: datetime) -> Sighting:
    """When and where something must have been seen.

    Raises:
        ValidationFailed: a time makes no sense, or there are too many environments.
    """
    since, until = _instant(query, "start"), _instant(query, "end")
    if period := query.get("statsPeriod"):
        # The period outranks, as its parameter says: clients send what a form remembered beside it.
        since, until = _ago(period, now=now), None
    if since and until and since > until:
        raise ValidationFailed("start must be before end")
    return Sighting(since=since, until=until, environments=environments_of(query))


def environments_of(query: QueryParams) -> frozenset[str]:
    """The environments that ``environment`` names; empty for all.

    Raises:
        ValidationFailed: too many.
    """
    # Nothing is stored under a name with a NUL, so that it may as well be asked for another one.
    environments = frozenset(name.replace("\x00", "?") for name in query.getlist("environment"))
    if len(environments) > _MAX_ENVIRONMENTS:
        raise ValidationFailed(f"At most {_MAX_ENVIRONMENTS} environments can be asked for at once.")
    return environments


def _ago(text: str, *, now: datetime) -> datetime:
    match = _PERIOD.fullmatch(text)
    refusal = ValidationFailed(f"Invalid statsPeriod: {shown(text)!r}")
    if match is None:
        raise refusal
    try:
        return now - timedelta(**{UNITS[match[2]]: int(match[1])})
    except OverflowError as exc:
        raise refusal from exc


def _instant(query: QueryParams, name: str) -> datetime | None:
    text = query.get(name)
    try:
        return parse_iso(text) if text else None
    except ValueError as exc:
        raise ValidationFailed(f"{shown(text or '')} is not a valid ISO8601 date query") from exc
