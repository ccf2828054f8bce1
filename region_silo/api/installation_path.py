"""Installations that paths name: ``sentry-app-installations/<uuid>/``. Owns the order of refusals for them."""

from collections.abc import Collection
from dataclasses import dataclass

from region_silo.api.access import require_scopes
from region_silo.api.request import ApiRequest
from region_silo.services.principal import Principal
from shared.errors import NotFound, PermissionDenied
from shared.pb.hybridcloud.apps.v1 import installation_pb2

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
    with request.signed_in(scopes=scopes) as signed_in:
        principal = signed_in
    installation = request.desk.apps.get_installation(uuid)
    app = principal.acting_app
    if app is not None:
        if (app.app_id, app.organization_id) != (installation.sentry_app.id, installation.organization_id):
            raise PermissionDenied
    elif not principal.sees(installation.organization_id):
        raise NotFound("Given organization is not valid")
    require_scopes(principal, scopes, organization_id=installation.organization_id)
    return Visit(principal, installation)
