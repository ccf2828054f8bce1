"""Parts of an issue: how its events are grouped, what else is connected with it, and what was done to it."""

from fastapi import Response

from region_silo.api.issue_path import READ_ISSUES, issue_for, on_issue
from region_silo.api.request import Incoming
from region_silo.bodies.event import EventObject
from region_silo.bodies.issue import ActivityObject
from region_silo.bodies.issue_part import IssueActivitiesObject, IssueHashObject, IssueIntegrationObject
from region_silo.services.activity import SHOWN_ACTIVITIES, list_activity
from region_silo.services.events import LATEST, find_event, neighbours_of
from shared.errors import NotFound
from shared.http.answer import json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import list_answer, page_request

endpoints = Endpoints("Issues")


@on_issue(endpoints, "GET", "hashes/", answers={200: list[IssueHashObject]}, parameters=PAGE_PARAMETERS)
def list_issue_hashes(request: Incoming, issue_id: str, organization_id_or_slug: str | None = None) -> Response:
    """Lists what the events of an issue are grouped by: one hash, since issues are never merged here."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        found = issue_for(request, principal, issue_id, organization_id_or_slug, scopes=READ_ISSUES)
        page = page_request(request.http)
        event = find_event(found.issue, LATEST)
        if event is None:
            raise NotFound
        latest = EventObject.of(event, neighbours=neighbours_of(event))
        # One hash, which is the whole of the first page.
        hashes = [] if page.offset else [IssueHashObject(id=found.issue.grouping_hash, latest_event=latest)]
        return list_answer(request.http, page, hashes, has_more=False)


@on_issue(endpoints, "GET", "integrations/", answers={200: list[IssueIntegrationObject]}, parameters=PAGE_PARAMETERS)
def list_issue_integrations(request: Incoming, issue_id: str, organization_id_or_slug: str | None = None) -> Response:
    """Lists the integrations that an issue is linked with besides apps: none, since there are only apps here."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        issue_for(request, principal, issue_id, organization_id_or_slug, scopes=READ_ISSUES)
        return list_answer(request.http, page_request(request.http), [], has_more=False)


@on_issue(endpoints, "GET", "activities/", answers={200: IssueActivitiesObject})
def get_issue_activities(request: Incoming, issue_id: str, organization_id_or_slug: str | None = None) -> Response:
    """Reads what was done to an issue: the newest hundred, newest first."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        found = issue_for(request, principal, issue_id, organization_id_or_slug, scopes=READ_ISSUES)
        activities = list_activity(found.issue.id, limit=SHOWN_ACTIVITIES)
        return json_answer(IssueActivitiesObject(activity=[ActivityObject.of(each) for each in activities]))
