"""An event as JSON: in a list, by itself, and in a webhook. Owns the three shapes, which are the original's."""

from typing import Any

from region_silo.events.outline import EventOutline
from region_silo.models.event import Event
from region_silo.models.project import Project
from region_silo.services.site import Site
from shared.domain.instant import instant_json

PROTOCOL_VERSION = "7"
"""Of the event format that SDKs speak."""


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
