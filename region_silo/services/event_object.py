"""An event as JSON: in a list, by itself, and in a webhook. Owns the three shapes, which are the original's."""

from typing import Any

from region_silo.models.event import Event
from region_silo.models.project import Project
from region_silo.services.event_outline import EventOutline
from region_silo.services.event_text import mapping_of, objects_of
from region_silo.services.events import Neighbours
from region_silo.services.site import Site
from shared.domain.json_value import JsonObject
from shared.http.answer import instant_json

PROTOCOL_VERSION = "7"
"""Of the event format that SDKs speak."""


def event_summary(event: Event) -> dict[str, Any]:
    """The event in a list."""
    outline = EventOutline(**event.outline)
    return {
        "id": event.event_id,
        "eventID": event.event_id,
        "groupID": str(event.issue_id),
        "projectID": str(event.project_id),
        "event.type": outline.type,
        "title": outline.title,
        "message": outline.message,
        "location": outline.location,
        "culprit": outline.culprit,
        "platform": outline.platform,
        "tags": [{"key": key, "value": value} for key, value in outline.tags],
        "user": _user(outline),
        "dateCreated": instant_json(event.occurred_at),
        "crashFile": None,
    }


def event_object(event: Event, *, neighbours: Neighbours) -> dict[str, Any]:
    """The event by itself."""
    outline, payload = EventOutline(**event.outline), event.payload
    shown = event_summary(event)
    del shown["event.type"]
    return shown | {
        "type": outline.type,
        "metadata": outline.metadata,
        "size": event.size,
        "entries": _entries(payload, outline),
        "dist": outline.dist,
        "release": {"version": outline.release} if outline.release else None,
        "contexts": dict(mapping_of(payload.get("contexts"))),
        "sdk": dict(mapping_of(payload.get("sdk"))) or None,
        "context": dict(mapping_of(payload.get("extra"))),
        "packages": dict(mapping_of(payload.get("modules"))),
        "errors": [],
        "dateReceived": instant_json(event.received_at),
        "nextEventID": neighbours.next_id,
        "previousEventID": neighbours.previous_id,
    }


def event_webhook_object(event: Event, *, project: Project, site: Site) -> dict[str, Any]:
    """The ``error`` or ``event`` of a webhook: what was sent, and what was made of it (spec §5.2)."""
    outline = EventOutline(**event.outline)
    project_url = f"{site.base_url}/api/0/projects/{site.organization_slug}/{project.slug}"
    return {
        **event.payload,
        "event_id": event.event_id,
        "project": project.id,
        "issue_id": str(event.issue_id),
        "title": outline.title,
        "message": outline.message,
        "culprit": outline.culprit,
        "location": outline.location,
        "metadata": outline.metadata,
        "type": outline.type,
        "level": outline.level,
        "platform": outline.platform,
        "release": outline.release,
        "environment": outline.environment,
        "dist": outline.dist,
        "tags": outline.tags,
        "user": outline.user,
        "version": PROTOCOL_VERSION,
        "datetime": instant_json(event.occurred_at),
        "timestamp": event.occurred_at.timestamp(),
        "received": event.received_at.timestamp(),
        "url": f"{project_url}/events/{event.event_id}/",
        "web_url": f"{site.issue_link(event.issue_id)}events/{event.event_id}/",
        "issue_url": site.issue_url(event.issue_id),
    }


def _user(outline: EventOutline) -> dict[str, Any] | None:
    if outline.user is None:
        return None
    known = {key: outline.user.get(key) for key in ("id", "email", "username", "ip_address", "name")}
    return known | {"data": None}


def _entries(payload: JsonObject, outline: EventOutline) -> list[dict[str, Any]]:
    """The parts that are shown one below the other: what happened first, its surroundings after it."""
    entries: list[dict[str, Any]] = []
    if exceptions := objects_of(payload.get("exception")):
        entries.append({"type": "exception", "data": {"values": exceptions, "excOmitted": None}})
    if outline.message:
        entries.append({"type": "message", "data": {"formatted": outline.message}})
    if threads := objects_of(payload.get("threads")):
        entries.append({"type": "threads", "data": {"values": threads}})
    if breadcrumbs := objects_of(payload.get("breadcrumbs")):
        entries.append({"type": "breadcrumbs", "data": {"values": breadcrumbs}})
    if request := mapping_of(payload.get("request")):
        entries.append({"type": "request", "data": dict(request)})
    return entries
