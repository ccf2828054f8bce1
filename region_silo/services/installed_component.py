"""The components of the apps that an organization has installed, from the replicas."""

from region_silo.services.find_app import whole_app
from region_silo.services.held import held_rows
from region_silo.services.region import Region
from shared.domain.app_status import SentryAppInstallationStatus
from shared.pb.hybridcloud.apps.v1 import component_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2

_STATEMENT = """
    SELECT installation.state, app.state, credential.state, component.state
    FROM installation_replica AS installation
    JOIN app_replica AS app ON app.id = installation.sentry_app_id AND NOT app.tombstone
    JOIN credential_replica AS credential ON credential.id = app.id
    JOIN component_replica AS component ON component.sentry_app_id = app.id
    WHERE installation.organization_id = ? AND installation.status = ? AND NOT installation.tombstone
        AND (component.type = ? OR ? = '')
    ORDER BY installation.id, component.id LIMIT ? OFFSET ?"""


def list_installed_components(
    region: Region, organization_id: int, *, component_type: str, offset: int, limit: int
) -> list[component_pb2.RpcSentryAppComponentContext]:
    """Components with their installations, oldest installation first.

    Installations that wait for their app's word are left out, as is an app that has not arrived, or its credential.

    Args:
        region: where the organization lives.
        organization_id: of the organization.
        component_type: only these; empty for all.
        offset: how many to skip.
        limit: how many at most.
    """
    installed = int(SentryAppInstallationStatus.INSTALLED)
    parameters = (organization_id, installed, component_type, component_type, limit, offset)
    rows = held_rows(region.database, _STATEMENT, parameters)
    return [_context(*row) for row in rows]


def _context(
    installation: bytes, app: bytes, credential: bytes, component: bytes
) -> component_pb2.RpcSentryAppComponentContext:
    context = component_pb2.RpcSentryAppComponentContext(
        installation=replica_pb2.InstallationState.FromString(installation).installation,
        component=component_pb2.RpcSentryAppComponent.FromString(component),
    )
    # With its app and that one's credential: a component is prepared by asking the app, in a signed call.
    context.installation.sentry_app.CopyFrom(whole_app(app, credential))
    return context
