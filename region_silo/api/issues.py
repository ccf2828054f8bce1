"""``issues/``: the issues of an organization or a project, one of them, and what shall become of them."""

from collections.abc import Collection, Sequence

from fastapi import Response
from pydantic import MISSING

from region_silo.api.access import organization_for, project_for
from region_silo.api.issue_list import (
    LIST_PARAMETERS,
    MAX_ISSUES_AT_ONCE,
    NAME_THEM,
    PROJECT_PARAMETER,
    QUERY_PARAMETERS,
    UNHANDLED,
    IssueListRequest,
    issue_ids_of,
    project_ids_of,
    read_list_request,
    read_page_request,
)
from region_silo.api.issue_path import READ_ISSUES, WRITE_ISSUES, OwnedIssue, issue_for, on_issue
from region_silo.api.request import ApiRequest, Incoming
from region_silo.bodies.issue import (
    ActivityObject,
    ChangedIssuesObject,
    IssueDetailObject,
    IssueObject,
    ShortIdObject,
)
from region_silo.bodies.issue_change import IssueBody
from region_silo.bodies.listed_issue import ListedIssueObject
from region_silo.models.issue import Issue
from region_silo.models.organization import Organization
from region_silo.services.activity import SHOWN_ACTIVITIES, list_activity
from region_silo.services.actors import actor_of
from region_silo.services.events import unhandled_among
from region_silo.services.external_issue import links_by_issue
from region_silo.services.issue_changes import IssueChange, change_issues
from region_silo.services.issues import find_issue, list_issues
from region_silo.services.principal import Principal
from region_silo.services.projects import projects_by_id
from region_silo.services.short_id import parse_short_id
from shared.bodies.fields import sent_or_none
from shared.errors import NotFound, ValidationFailed
from shared.http.answer import empty_answer, json_answer
from shared.http.endpoint import Endpoints, Parameter
from shared.http.pagination import cut, list_answer

endpoints = Endpoints("Issues")

UNKNOWN_ASSIGNEE = "Unknown actor input"
"""The original's text for an assignee who is nobody here."""

_ISSUES = "/organizations/{organization_id_or_slug}/issues/"
_PROJECT_ISSUES = "/projects/{organization_id_or_slug}/{project_id_or_slug}/issues/"
CHANGE_PARAMETERS = (
    Parameter(
        name="id",
        description="Id or short id of an issue; may be repeated. Without any, a new `status` goes to the issues that "
        f"a list with the same parameters shows, the first {MAX_ISSUES_AT_ONCE} of them.",
    ),
    *QUERY_PARAMETERS,
)


@endpoints.add("GET", _ISSUES, answers={200: list[ListedIssueObject]}, parameters=(PROJECT_PARAMETER, *LIST_PARAMETERS))
def list_organization_issues(request: Incoming, organization_id_or_slug: str) -> Response:
    """Lists the issues of an organization; the unresolved ones unless a query says otherwise."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=READ_ISSUES)
        project_ids = project_ids_of(request.http, organization.id)
        return _page_of(request, principal, organization, project_ids=project_ids)


@endpoints.add("GET", _PROJECT_ISSUES, answers={200: list[ListedIssueObject]}, parameters=LIST_PARAMETERS)
def list_project_issues(request: Incoming, organization_id_or_slug: str, project_id_or_slug: str) -> Response:
    """Lists the issues of a project; the unresolved ones unless a query says otherwise."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=READ_ISSUES)
        return _page_of(request, principal, found.organization, project_ids=[found.project.id])


@endpoints.add(
    "PUT",
    _ISSUES,
    answers={200: ChangedIssuesObject, 204: None},
    parameters=(PROJECT_PARAMETER, *CHANGE_PARAMETERS),
)
def put_organization_issues(request: Incoming[IssueBody], organization_id_or_slug: str) -> Response:
    """Changes issues of an organization, all or none of them; 204 when there is none of those meant."""
    with request.signed_in(scopes=WRITE_ISSUES) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=WRITE_ISSUES)
        project_ids = project_ids_of(request.http, organization.id)
        ids = _issues_meant(request, principal, organization, project_ids=project_ids)
    # Outside the session: control may be asked who the assignee is.
    return _change_many(request, principal, organization, ids=ids, project_id=None)


@endpoints.add(
    "PUT",
    _PROJECT_ISSUES,
    answers={200: ChangedIssuesObject, 204: None},
    parameters=CHANGE_PARAMETERS,
)
def put_project_issues(request: Incoming[IssueBody], organization_id_or_slug: str, project_id_or_slug: str) -> Response:
    """Changes issues of a project, all or none of them; 204 when there is none of those meant."""
    with request.signed_in(scopes=WRITE_ISSUES) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=WRITE_ISSUES)
        ids = _issues_meant(request, principal, found.organization, project_ids=[found.project.id])
    # With the project, for ids may name issues of another one that the path does not.
    return _change_many(request, principal, found.organization, ids=ids, project_id=found.project.id)


@on_issue(endpoints, "GET", answers={200: IssueDetailObject})
def get_issue(request: Incoming, issue_id: str, organization_id_or_slug: str | None = None) -> Response:
    """Reads an issue."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        found = issue_for(request, principal, issue_id, organization_id_or_slug, scopes=READ_ISSUES)
        return json_answer(_detail(request, found))


@on_issue(endpoints, "PUT", answers={200: IssueDetailObject})
def put_issue(request: Incoming[IssueBody], issue_id: str, organization_id_or_slug: str | None = None) -> Response:
    """Resolves, ignores, reopens or assigns an issue."""
    with request.signed_in(scopes=WRITE_ISSUES) as principal:
        found = issue_for(request, principal, issue_id, organization_id_or_slug, scopes=WRITE_ISSUES)
    # Outside the session: control may be asked who the assignee is.
    change = _change_of(request, principal, request.body(), organization_id=found.organization.id)
    with request.region.database.session():
        issues = _change(request, principal, change, ids=[found.issue.id], organization_id=found.organization.id)
        # Deleted between the look and the change.
        if not issues:
            raise NotFound
        return json_answer(_detail(request, OwnedIssue(issues[0], found.project, found.organization)))


@endpoints.add("GET", "/organizations/{organization_id_or_slug}/shortids/{short_id}/", answers={200: ShortIdObject})
def get_short_id(request: Incoming, organization_id_or_slug: str, short_id: str) -> Response:
    """Says which issue a short id stands for."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=READ_ISSUES)
        # An id is no short id, though an issue would be found by it.
        issue = find_issue(short_id, organization_ids=[organization.id]) if parse_short_id(short_id) else None
        if issue is None:
            raise NotFound
        project = projects_by_id([issue.project_id])[issue.project_id]
        group = IssueObject.of(issue, project=project, site=request.site(organization.slug))
        return json_answer(
            ShortIdObject(
                organization_slug=organization.slug,
                project_slug=project.slug,
                group_id=group.id,
                short_id=group.short_id,
                group=group,
            )
        )


def _page_of(
    request: ApiRequest, principal: Principal, organization: Organization, *, project_ids: Collection[int]
) -> Response:
    asked = read_list_request(request.http, now=request.region.clock.now())
    # After the query, whose mistakes were always said first.
    page = read_page_request(request.http)
    found = _listed(principal, organization, asked, project_ids=project_ids, offset=page.offset, limit=page.probe)
    issues, has_more = cut(found, page)
    return list_answer(request.http, page, _shown(request, organization, issues), has_more=has_more)


def _shown(request: ApiRequest, organization: Organization, issues: Sequence[Issue]) -> list[ListedIssueObject]:
    ids, site = [issue.id for issue in issues], request.site(organization.slug)
    projects, links = projects_by_id([issue.project_id for issue in issues]), links_by_issue(ids)
    is_asked = UNHANDLED not in request.http.query_params.getlist("collapse")
    unhandled = unhandled_among(ids) if is_asked else set()
    return [
        ListedIssueObject.listed(
            IssueObject.of(issue, project=projects[issue.project_id], site=site),
            issue,
            links=links.get(issue.id, ()),
            is_unhandled=issue.id in unhandled if is_asked else MISSING,
        )
        for issue in issues
    ]


def _listed(
    principal: Principal,
    organization: Organization,
    asked: IssueListRequest,
    *,
    project_ids: Collection[int],
    offset: int,
    limit: int,
) -> list[Issue]:
    return list_issues(
        organization.id,
        terms=asked.terms,
        user_id=principal.user.id,
        sort=asked.sort,
        offset=offset,
        limit=limit,
        project_ids=project_ids,
        sighting=asked.sighting,
    )


def _issues_meant(
    request: ApiRequest, principal: Principal, organization: Organization, *, project_ids: Collection[int]
) -> list[int]:
    """Ids of the issues that are named; when none is, of those that a list would show. Needs a session.

    Raises:
        ValidationFailed: too many are named, or none although more than a status shall change.
    """
    # None says that none is named; an empty list, that those named do not exist.
    named = issue_ids_of(request.http, organization.id)
    if named is not None:
        return named
    # Assigning everything that a list shows is hardly ever meant; resolving it is.
    if "status" not in request.json:
        raise ValidationFailed(NAME_THEM)
    asked = read_list_request(request.http, now=request.region.clock.now())
    # At most a thousand: more in one transaction would hold their locks for long. The rest is changed by asking
    # again.
    every = _listed(principal, organization, asked, project_ids=project_ids, offset=0, limit=MAX_ISSUES_AT_ONCE)
    return [issue.id for issue in every]


def _change_many(
    request: ApiRequest[IssueBody],
    principal: Principal,
    organization: Organization,
    *,
    ids: Collection[int],
    project_id: int | None,
) -> Response:
    change = _change_of(request, principal, request.body(), organization_id=organization.id)
    with request.region.database.session():
        issues = _change(request, principal, change, ids=ids, organization_id=organization.id, project_id=project_id)
    # What was asked for is answered and not each issue: there may be a thousand.
    return json_answer(ChangedIssuesObject.of(change)) if issues else empty_answer(204)


def _change_of(request: ApiRequest, principal: Principal, body: IssueBody, *, organization_id: int) -> IssueChange:
    """Outside any session, because control may have to be asked who the assignee is."""
    details, found = body.details(now=request.region.clock.now()), None
    # An empty text removes the assignee (settled.md), and is nobody's name.
    if body.assigned_to is not MISSING and body.assigned_to:
        found = request.tools.members.find(organization_id, body.assigned_to, asker=principal)
        # Nobody here: whether there is such a user elsewhere is not said.
        if found is None:
            raise ValidationFailed(fields={"assignedTo": [UNKNOWN_ASSIGNEE]})
    return IssueChange(
        status=sent_or_none(body.status),
        substatus=body.substatus,
        details=details,
        assignee=MISSING if body.assigned_to is MISSING else found,
    )


def _change(
    request: ApiRequest,
    principal: Principal,
    change: IssueChange,
    *,
    ids: Collection[int],
    organization_id: int,
    project_id: int | None = None,
) -> list[Issue]:
    return change_issues(
        request.region,
        organization_id=organization_id,
        issue_ids=ids,
        change=change,
        actor=actor_of(principal),
        project_id=project_id,
    )


def _detail(request: ApiRequest, found: OwnedIssue) -> IssueDetailObject:
    shown = IssueObject.of(found.issue, project=found.project, site=request.site(found.organization.slug))
    # Only where one issue is shown: in a list it would be a query each.
    activities = list_activity(found.issue.id, limit=SHOWN_ACTIVITIES)
    return IssueDetailObject(**dict(shown), activity=[ActivityObject.of(activity) for activity in activities])
