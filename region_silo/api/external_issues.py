"""Links from issues to tickets in apps' own systems, made here or by an app (spec §4.9, clients.md)."""

from typing import Any

from fastapi import Response

from region_silo.api.access import LINK_ISSUE, LINK_THROUGH_APP, UNLINK_ISSUE, Visit, visit_installation
from region_silo.api.issue_path import ADMINISTER_ISSUES, READ_ISSUES, issue_for, on_issue
from region_silo.api.request import ASKING_THREADS, ApiRequest, Incoming
from region_silo.bodies.external_issue import ExternalIssueActionBody, ExternalIssueBody, ExternalIssueObject
from region_silo.models.issue import Issue
from region_silo.services.actors import display_name
from region_silo.services.external_issue import delete_link, find_link_by_id, keep_link, list_links
from region_silo.services.issue_link import LinkRequest, create_issue_link
from region_silo.services.issues import find_issue
from region_silo.services.linked_issue import get_project, linked_issue
from region_silo.services.organization import find_organization
from region_silo.services.region import Region
from shared.asking.issue_link import Asker, LinkAction, LinkedIssue
from shared.bodies.ticket import parse_web_url
from shared.domain.app_error import client_error
from shared.domain.json_field import refusing
from shared.domain.path_key import find_id
from shared.http.answer import empty_answer, json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints, Parameter
from shared.http.pagination import cut, list_answer, page_request

endpoints = Endpoints("External issues")

NO_ISSUE = "Could not find the corresponding issue for the given {field}"
NO_LINK = "Could not find the corresponding external issue from given external_issue_id"

EXPECTED_URL = "expectedExternalIssueUrl"

_LINKS = "/sentry-app-installations/{uuid}/external-issues/"


@endpoints.add("POST", _LINKS, answers={200: ExternalIssueObject})
def post_external_issue(request: Incoming[ExternalIssueBody], uuid: str) -> Response:
    """Links an issue to a ticket that the app has, in place of the app's link before."""
    visit = visit_installation(request, uuid, scopes=LINK_ISSUE)
    body = request.body()
    issue = _issue_named(request, body.issue_id, organization_id=visit.organization_id, field="issueId")
    kept = keep_link(request.region, issue, app_slug=visit.installation.sentry_app.slug, ticket=body.ticket)
    return json_answer(ExternalIssueObject.of(kept.link))


@endpoints.add("DELETE", _LINKS + "{external_issue_id}/", answers={204: None})
def delete_external_issue(request: Incoming, uuid: str, external_issue_id: str) -> Response:
    """Deletes one of the app's links."""
    visit = visit_installation(request, uuid, scopes=UNLINK_ISSUE)
    return _delete(
        request.region,
        external_issue_id,
        organization_id=visit.organization_id,
        app_slug=visit.installation.sentry_app.slug,
    )


@on_issue(endpoints, "GET", "external-issues/", answers={200: list[ExternalIssueObject]}, parameters=PAGE_PARAMETERS)
def list_external_issues(request: Incoming, issue_id: str, organization_id_or_slug: str | None = None) -> Response:
    """Lists the links of an issue, oldest first."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        found = issue_for(request, principal, issue_id, organization_id_or_slug, scopes=READ_ISSUES)
        page = page_request(request.http)
        links, has_more = cut(list_links(found.issue, offset=page.offset, limit=page.probe), page)
        return list_answer(request.http, page, [ExternalIssueObject.of(link) for link in links], has_more=has_more)


@on_issue(endpoints, "DELETE", "external-issues/{external_issue_id}/", answers={204: None})
def delete_external_issue_of_issue(
    request: Incoming, issue_id: str, external_issue_id: str, organization_id_or_slug: str | None = None
) -> Response:
    """Deletes one of an issue's links, whichever app's it is."""
    with request.signed_in(scopes=ADMINISTER_ISSUES) as principal:
        issue = issue_for(request, principal, issue_id, organization_id_or_slug, scopes=ADMINISTER_ISSUES).issue
    return _delete(request.region, external_issue_id, organization_id=issue.organization_id, issue_id=issue.id)


@endpoints.add(
    "POST",
    "/sentry-app-installations/{uuid}/external-issue-actions/",
    answers={200: ExternalIssueObject, 201: ExternalIssueObject},
    parameters=(
        Parameter(
            name=EXPECTED_URL,
            description="Address that the ticket must have. An equal link answers 200, and the app is not asked; a "
            "different one answers 409; a new one answers 201.",
        ),
    ),
    threads=ASKING_THREADS,
)
def post_external_issue_action(request: Incoming[ExternalIssueActionBody], uuid: str) -> Response:
    """Has the app make or link a ticket, and keeps the link that it answers with."""
    visit = visit_installation(request, uuid, scopes=LINK_THROUGH_APP)
    wanted = _link_request(request, visit)
    kept = create_issue_link(request.region, request.tools.asking, wanted)
    # Clients that name no expected address are the original's, which know 200 alone.
    is_created = kept.is_new and wanted.expected_url is not None
    return json_answer(ExternalIssueObject.of(kept.link), status=201 if is_created else 200)


def _delete(region: Region, external_issue_id: str, *, organization_id: int, **which: Any) -> Response:
    # What can be no id is nobody's link: 404 in the original's sentence, and no word about numbers.
    link_id = find_id(external_issue_id)
    with region.database.session():
        link = find_link_by_id(link_id, organization_id=organization_id, **which) if link_id is not None else None
    # Of two deletions at once the second finds none, and says so.
    if link is None or not delete_link(region, link):
        raise client_error(NO_LINK, status=404)
    return empty_answer(204)


def _link_request(request: ApiRequest[ExternalIssueActionBody], visit: Visit) -> LinkRequest:
    body, user = request.body(), visit.principal.user
    action = LinkAction.parse(body.action)
    # Before the issue is looked for: a parameter that is wrong is wrong for every issue.
    expected_url = _expected_url(request)
    issue = _issue_named(request, body.group_id, organization_id=visit.organization_id, field="groupId")
    return LinkRequest(
        installation=visit.installation,
        issue=issue,
        shown=_shown(request, issue),
        asker=Asker(id=user.id, name=display_name(user)),
        action=action,
        uri=body.uri,
        fields=body.fields,
        expected_url=expected_url,
    )


def _expected_url(request: ApiRequest) -> str | None:
    text = request.http.query_params.get(EXPECTED_URL)
    if text is None:
        return None
    with refusing(EXPECTED_URL):
        return parse_web_url(text)


def _issue_named(request: ApiRequest, name: str, *, organization_id: int, field: str) -> Issue:
    with request.region.database.session():
        issue = find_issue(name, organization_ids=[organization_id])
    if issue is None:
        raise client_error(NO_ISSUE.format(field=field), status=404)
    return issue


def _shown(request: ApiRequest, issue: Issue) -> LinkedIssue:
    project = get_project(request.region, issue.organization_id, issue.project_id)
    with request.region.database.session():
        organization = find_organization(issue.organization_id)
    # Organizations never leave their region; the link of one that is gone meanwhile is nobody's to follow.
    slug = organization.slug if organization else ""
    return linked_issue(issue, project=project, site=request.site(slug))
