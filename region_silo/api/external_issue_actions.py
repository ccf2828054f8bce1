"""``external-issue-actions/``: has an app make or link a ticket for an issue (spec §4.9, clients.md)."""

from fastapi import Response

from region_silo.api.app_refusal import app_refusals
from region_silo.api.installation_path import LINK_THROUGH_APP, Visit, visit_installation
from region_silo.api.request import ApiRequest, Incoming
from region_silo.bodies.external_issue import ExternalIssueActionBody, ExternalIssueObject
from region_silo.models.issue import Issue
from region_silo.services.actors import display_name
from region_silo.services.issue_link import LinkRequest, create_issue_link
from region_silo.services.issues import find_issue
from region_silo.services.linked_issue import get_project, linked_issue
from region_silo.services.organization import find_organization
from shared.asking.issue_link import Asker, LinkAction, LinkedIssue
from shared.bodies.ticket import parse_web_url
from shared.domain.app_error import client_error
from shared.domain.json_field import FieldInvalid
from shared.errors import ValidationFailed
from shared.http.answer import json_answer
from shared.http.endpoint import Endpoints, Parameter

endpoints = Endpoints("External issues")

NO_ISSUE = "Could not find the corresponding issue for the given groupId"
EXPECTED_URL = "expectedExternalIssueUrl"


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
)
def post_external_issue_action(request: Incoming[ExternalIssueActionBody], uuid: str) -> Response:
    """Has the app make or link a ticket, and keeps the link that it answers with."""
    visit = visit_installation(request, uuid, scopes=LINK_THROUGH_APP)
    with app_refusals():
        wanted = _link_request(request, visit)
        kept = create_issue_link(request.region, request.desk.asking, wanted)
    is_created = kept.is_new and wanted.expected_url is not None
    return json_answer(ExternalIssueObject.of(kept.link), status=201 if is_created else 200)


def _link_request(request: ApiRequest[ExternalIssueActionBody], visit: Visit) -> LinkRequest:
    body, user = request.body(), visit.principal.user
    action = LinkAction.parse(body.action)
    expected_url = _expected_url(request)
    issue = _issue(request, body.group_id, organization_id=visit.organization_id)
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
    try:
        return parse_web_url(text)
    except FieldInvalid as exc:
        raise ValidationFailed(fields={EXPECTED_URL: exc.texts}) from exc


def _issue(request: ApiRequest, issue_id: str, *, organization_id: int) -> Issue:
    with request.region.database.session():
        issue = find_issue(issue_id, organization_ids=[organization_id])
    if issue is None:
        raise client_error(NO_ISSUE, status=404)
    return issue


def _shown(request: ApiRequest, issue: Issue) -> LinkedIssue:
    project = get_project(request.region, issue.organization_id, issue.project_id)
    with request.region.database.session():
        organization = find_organization(issue.organization_id)
    slug = organization.slug if organization else ""
    return linked_issue(issue, project=project, site=request.site(slug))
