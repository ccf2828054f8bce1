"""Projects that paths name: by organization and project, each by id or slug. Owns the order of refusals for them."""

from collections.abc import Collection
from dataclasses import dataclass

from region_silo.api.access import organization_for
from region_silo.models.organization import Organization
from region_silo.models.project import Project
from region_silo.services.principal import Principal
from region_silo.services.projects import find_project
from shared.domain.path_key import path_key
from shared.errors import ProjectNotFound

READ_PROJECT = frozenset({"project:read", "project:write", "project:admin"})
"""Read a project."""
WRITE_PROJECT = frozenset({"project:write", "project:admin"})
"""Create or change a project."""


@dataclass(frozen=True)
class OwnedProject:
    """A project and its organization."""

    project: Project
    organization: Organization


def project_for(
    principal: Principal, organization_id_or_slug: str, project_id_or_slug: str, *, scopes: Collection[str]
) -> OwnedProject:
    """The project that a path names. Needs a session.

    Raises:
        OrganizationNotFound: there is no such organization, or none that the principal sees.
        PermissionDenied: the principal has none of the scopes in it.
        ProjectNotFound: the organization has no such project.
    """
    organization = organization_for(principal, organization_id_or_slug, scopes=scopes)
    key = path_key(project_id_or_slug)
    project = find_project(organization.id, key) if key is not None else None
    if project is None:
        raise ProjectNotFound
    return OwnedProject(project, organization)
