"""Projects and their keys as JSON."""

from typing import Any
from urllib.parse import urlsplit

from region_silo.models.organization import Organization
from region_silo.models.project import Project
from shared.http.answer import instant_json


def project_object(project: Project, *, organization: Organization) -> dict[str, Any]:
    """A project."""
    return {
        "id": str(project.id),
        "slug": project.slug,
        "name": project.name,
        "platform": project.platform,
        "dateCreated": instant_json(project.created_at),
        "firstEvent": instant_json(project.first_event_at) if project.first_event_at else None,
        "status": "active",
        "hasAccess": True,
        "isMember": True,
        "features": [],
        "teams": [],
        "organization": {"id": str(organization.id), "slug": organization.slug, "name": organization.name},
    }


def key_object(project: Project, *, base_url: str) -> dict[str, Any]:
    """The one key that a project has."""
    return {
        "id": project.public_key,
        "name": "Default",
        "label": "Default",
        "public": project.public_key,
        "projectId": project.id,
        "isActive": True,
        "dsn": {"public": dsn(project, base_url=base_url)},
        "dateCreated": instant_json(project.created_at),
    }


def dsn(project: Project, *, base_url: str) -> str:
    """Where an SDK sends its events.

    Args:
        project: that they are for.
        base_url: where this region's HTTP is reached.
    """
    place = urlsplit(base_url)
    return f"{place.scheme}://{project.public_key}@{place.netloc}{place.path.rstrip('/')}/{project.id}"
