"""An installation as JSON: the object of spec §4.5 that the API and ``SerializeMany`` answer with.

Owns its shape. Refuses to know who may see the grant's code.
"""

from shared.domain.json_value import JsonValue
from shared.pb.hybridcloud.apps.v1 import installation_pb2


def installation_object(
    installation: installation_pb2.RpcSentryAppInstallation, *, organization_slug: str, code: str | None = None
) -> dict[str, JsonValue]:
    """Args:
    installation: with its app.
    organization_slug: of the organization that it is installed in.
    code: of its grant, for whoever may see it; None leaves it out.
    """
    app = installation.sentry_app
    shown: dict[str, JsonValue] = {
        "app": {"uuid": app.uuid, "slug": app.slug, "sentryAppId": app.id},
        "organization": {"slug": organization_slug, "id": installation.organization_id},
        "uuid": installation.uuid,
        "status": installation.status,
    }
    return shown if code is None else shown | {"code": code}
