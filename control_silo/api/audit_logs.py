"""``audit-logs/``: who did what in an organization (settled.md)."""

from collections.abc import Collection, Mapping

from fastapi import Response

from control_silo.api.request import Incoming, get_organization_of_path
from control_silo.bodies.audit_log import EVENTS, AuditLogObject, AuditLogsObject
from control_silo.services import app_access
from control_silo.services.audit import AuditEvent, list_entries
from shared.domain.json_field import FieldInvalid, parse_integer
from shared.domain.path_key import MAX_ID
from shared.errors import PermissionDenied, ValidationFailed
from shared.http.answer import json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints, Parameter
from shared.http.pagination import cut, link_header, page_request

endpoints = Endpoints("Organizations")


@endpoints.add(
    "GET",
    "/organizations/{organization_id_or_slug}/audit-logs/",
    answers={200: AuditLogsObject},
    parameters=(
        Parameter(name="event", description="Only this one.", schema={"type": "string", "enum": EVENTS}),
        Parameter(name="actor", description="Only what this user did.", schema={"type": "integer", "minimum": 1}),
        *PAGE_PARAMETERS,
    ),
)
def list_audit_logs(request: Incoming, organization_id_or_slug: str) -> Response:
    """Lists what was done to apps, installations and tokens of an organization, newest first."""
    with request.signed_in(scopes=app_access.WRITE_SCOPES) as principal:
        page = page_request(request.http)
        organization = get_organization_of_path(organization_id_or_slug)
        if not principal.holds(app_access.WRITE_SCOPES, organization_id=organization.id):
            raise PermissionDenied
        events, actor_id = _read_filter(request.http.query_params)
        found = list_entries(organization.id, events=events, actor_id=actor_id, offset=page.offset, limit=page.probe)
        entries, has_more = cut(found, page)
        body = AuditLogsObject(rows=[AuditLogObject.of(each) for each in entries], options=list(EVENTS))
        return json_answer(body, headers={"link": link_header(request.http, page, has_more=has_more)})


def _read_filter(query: Mapping[str, str]) -> tuple[Collection[AuditEvent], int | None]:
    """The events and the user that are asked for; an event that does not exist is in no row."""
    event, actor = query.get("event"), query.get("actor")
    # None of them, for an event that does not exist: the list is empty then, and not whole.
    events = [each for each in EVENTS if not event or each == event]
    try:
        return events, parse_integer(actor, minimum=0, maximum=MAX_ID) if actor else None
    except FieldInvalid as invalid:
        raise ValidationFailed(fields={"actor": invalid.texts}) from invalid
