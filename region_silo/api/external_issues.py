"""``external-issues/``: links from issues to tickets in apps' own systems, by installation and by issue."""

from typing import Any

from fastapi import Response

from region_silo.api.app_refusal import app_refusals
from region_silo.api.installation_path import LINK_ISSUE, UNLINK_ISSUE, visit_installation
from region_silo.api.issue_path import ADMINISTER_ISSUES, READ_ISSUES, issue_for, on_issue
from region_silo.api.request import Incoming
from region_silo.bodies.external_issue import ExternalIssueBody, ExternalIssueObject
from region_silo.services.external_issue import delete_link, find_link_by_id, keep_link, list_links
from region_silo.services.issues import find_issue
from region_silo.services.region import Region
from shared.domain.app_error import client_error
from shared.domain.path_key import find_id
from shared.http.answer import empty_answer, json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import cut, list_answer, page_request

endpoints = Endpoints("External issues")

NO_ISSUE = "Could not find the corresponding issue for the given issueId"
NO_LINK = "Could not find the corresponding external issue from given external_issue_id"

_LINKS = "/sentry-app-installations/{uuid}/external-issues/"


@endpoints.add("POST", _LINKS, answers={200: ExternalIssueObject})
def post_external_issue(request: Incoming[ExternalIssueBody], uuid: str) -> Response:
    """Links an issue to a ticket that the app has, in place of the app's link before."""
    visit = visit_installation(request, uuid, scopes=LINK_ISSUE)
    body = request.body()
    with app_refusals():
        with request.region.database.session():
            issue = find_issue(body.issue_id, organization_ids=[visit.organization_id])
        if issue is None:
            raise client_error(NO_ISSUE, status=404)
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


def _delete(region: Region, external_issue_id: str, *, organization_id: int, **which: Any) -> Response:
    link_id = find_id(external_issue_id)
    with app_refusals():
        with region.database.session():
            link = find_link_by_id(link_id, organization_id=organization_id, **which) if link_id is not None else None
        if link is None or not delete_link(region, link):
            raise client_error(NO_LINK, status=404)
    return empty_answer(204)
