"""What a principal may reach by a path that names an organization, a project or an installation.

Owns the scopes that their endpoints ask for, and the order of refusals, the same for every noun: what is not theirs
does not exist (404); what they may not do is refused (403).
"""

from collections.abc import Collection
from dataclasses import dataclass

from region_silo.api.request import ApiRequest
from region_silo.models.organization import Organization
from region_silo.models.project import Project
from region_silo.services.organization import find_organization
from region_silo.services.principal import Principal
from region_silo.services.projects import find_project
from shared.domain.path_key import path_key
from shared.errors import NotFound, OrganizationNotFound, PermissionDenied, ProjectNotFound
from shared.pb.hybridcloud.apps.v1 import installation_pb2

READ_ORGANIZATION = frozenset({"org:read", "org:integrations", "org:write", "org:admin"})
"""Read an organization."""


def organization_for(principal: Principal, id_or_slug: str, *, scopes: Collection[str] | None = None) -> Organization:
    """The organization of this region that a path names. Needs a session.

    Args:
        principal: who asks.
        id_or_slug: as it stands in the path.
        scopes: one of these is needed there; None for nothing.

    Raises:
        OrganizationNotFound: there is none here, or none that the principal sees.
        PermissionDenied: the principal has none of the scopes in it.
    """
    key = path_key(id_or_slug)
    organization = find_organization(key) if key is not None else None
    # One answer for both, so that nobody learns of organizations that are not theirs.
    if organization is None or not principal.sees(organization.id):
        raise OrganizationNotFound
    # After the organization: a stranger is told that there is none, and only a member what they lack.
    if scopes is not None:
        require_scopes(principal, scopes, organization_id=organization.id)
    return organization


def require_scopes(principal: Principal, scopes: Collection[str], *, organization_id: int) -> None:
    """Passes when the principal has one of the scopes in the organization.

    Raises:
        PermissionDenied: it has none.
    """
    if not principal.holds(scopes, organization_id=organization_id):
        raise PermissionDenied


READ_PROJECT = frozenset({"project:read", "project:write", "project:admin"})
"""Read a project."""
WRITE_PROJECT = frozenset({"project:write", "project:admin"})
"""Create or change a project."""


@dataclass(frozen=True)
class OwnedProject:
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


READ_INSTALLATION = frozenset({"org:read", "org:integrations", "org:write", "org:admin"})
"""Read what belongs to an installation."""
CHANGE_INSTALLATION = frozenset({"org:integrations", "org:write", "org:admin"})
"""Change it."""
LINK_THROUGH_APP = frozenset({"org:integrations", "event:write", "event:admin"})
"""Have an app make or link a ticket."""
LINK_ISSUE = frozenset({"event:read", "event:write", "event:admin"})
"""Link an issue to a ticket that the app has."""
UNLINK_ISSUE = frozenset({"event:admin"})
"""Delete such a link."""


@dataclass(frozen=True)
class Visit:
    """Who asks, and the installation that the path names, with its app."""

    principal: Principal
    installation: installation_pb2.RpcSentryAppInstallation

    @property
    def organization_id(self) -> int:
        return self.installation.organization_id


def visit_installation(request: ApiRequest, uuid: str, *, scopes: Collection[str]) -> Visit:
    """The installation, for someone with one of the scopes in its organization. Outside any session of the database.

    An app reaches the installation that its token acts for, and no other.

    Raises:
        Unauthenticated: nobody known asks.
        PermissionDenied: they lack the scopes, or are another app.
        InstallationNotFound: there is none in this region.
        NotFound: it is in an organization that is not theirs.
        SiloUnreachable: only control could tell, and it is away.
    """
    # The session ends before the installation is looked for: control may have to be asked, and a connection would wait.
    with request.signed_in(scopes=scopes) as signed_in:
        principal = signed_in
    installation = request.tools.apps.get_installation(uuid)
    app = principal.acting_app
    if app is not None:
        # Both: an app has a token in each organization, and one is not good for the other.
        if (app.app_id, app.organization_id) != (installation.sentry_app.id, installation.organization_id):
            raise PermissionDenied
    elif not principal.sees(installation.organization_id):
        raise NotFound("Given organization is not valid")
    # Once more, in this organization: what a token allows, its user may not have here.
    require_scopes(principal, scopes, organization_id=installation.organization_id)
    return Visit(principal, installation)
