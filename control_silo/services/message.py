"""Control's models as ``Rpc*`` messages. Owns the rendering that gRPC answers and replicas share; never writes."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2

from control_silo.models.app import SentryApp, SentryAppAvatar, SentryAppComponent
from control_silo.models.application import ApiApplication
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from shared.domain.app_status import SentryAppInstallationStatus, SentryAppStatus
from shared.domain.webhook import CALL_SECONDS
from shared.domain.webhook_url import without_credentials
from shared.pb.hybridcloud.apps.v1 import app_pb2, component_pb2, installation_pb2
from shared.pb.hybridcloud.organizations.v1 import organization_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2


def app_message(
    app: SentryApp,
    *,
    avatars: Iterable[SentryAppAvatar],
    application: ApiApplication | None,
) -> app_pb2.RpcSentryApp:
    """An app with its application and avatars, which the caller has read; without its credential."""
    status = SentryAppStatus.as_str(app.status)
    message = app_pb2.RpcSentryApp(
        id=app.id,
        scope_list=app.scope_list,
        # The original's value for none, which its callers compare with.
        application_id=application.id if application else -1,
        proxy_user_id=app.proxy_user_id,
        owner_id=app.owner_id,
        name=app.name,
        slug=app.slug,
        uuid=app.uuid,
        events=app.expanded_events,
        # Credentials in a URL are a secret: they go with the credential, to those alone who may hold it.
        webhook_url=without_credentials(app.webhook_url)
        if app.webhook_url and _has_credentials(app)
        else app.webhook_url,
        # Left out where it is what every app gets, as an earlier release leaves it out: states stay as they are.
        webhook_timeout_seconds=app.webhook_timeout_seconds if app.webhook_timeout_seconds != CALL_SECONDS else 0,
        is_alertable=app.is_alertable,
        is_disabled=app.is_disabled,
        is_published=status == "published",
        is_unpublished=status == "unpublished",
        is_internal=status == "internal",
        is_publish_request_inprogress=status == "publish_request_inprogress",
        status=status,
        avatars=[avatar_message(avatar) for avatar in avatars],
    )
    if application:
        message.application.id = application.id
        message.application.client_id = application.client_id
        message.application.allowed_origins.extend(application.allowed_origins)
    return message


def credential_message(app: SentryApp, *, application: ApiApplication | None) -> replica_pb2.CredentialState:
    """An app's credential, of which the caller has read the application."""
    message = replica_pb2.CredentialState(
        client_secret=application.client_secret if application else "",
        webhook_headers=app.webhook_headers,
        creator_label=app.creator_label,
        webhook_url=app.webhook_url if _has_credentials(app) else None,
    )
    # An absent object and an empty one are the same to its readers, and absence is shorter on the wire.
    if app.metadata:
        message.metadata.CopyFrom(struct(app.metadata))
    return message


def avatar_message(avatar: SentryAppAvatar) -> app_pb2.RpcSentryAppAvatar:
    """A picture of an app."""
    return app_pb2.RpcSentryAppAvatar(
        id=avatar.id,
        ident=avatar.ident,
        sentry_app_id=avatar.sentry_app_id,
        avatar_type=avatar.avatar_type,
        color=avatar.color,
    )


def component_message(component: SentryAppComponent) -> component_pb2.RpcSentryAppComponent:
    message = component_pb2.RpcSentryAppComponent(
        uuid=component.uuid, sentry_app_id=component.sentry_app_id, type=component.type
    )
    message.app_schema.CopyFrom(struct(component.schema))
    return message


def installation_message(
    installation: SentryAppInstallation, *, app: app_pb2.RpcSentryApp | None
) -> installation_pb2.RpcSentryAppInstallation:
    """An installation; ``app`` None leaves its app out."""
    message = installation_pb2.RpcSentryAppInstallation(
        id=installation.id,
        organization_id=installation.organization_id,
        status=SentryAppInstallationStatus.as_str(installation.status),
        sentry_app=app,
        uuid=installation.uuid,
    )
    if installation.date_deleted:
        message.date_deleted.FromDatetime(installation.date_deleted)
    return message


def organization_message(organization: OrganizationReplica) -> organization_pb2.RpcOrganization:
    """An organization as control knows it."""
    return organization_pb2.RpcOrganization(
        id=organization.id,
        slug=organization.slug,
        name=organization.name,
        region_name=organization.region_name,
        status=organization.status,
    )


def _has_credentials(app: SentryApp) -> bool:
    # Rather too often than too seldom: an @ in a path costs a little, one that is missed tells a secret.
    return "@" in (app.webhook_url or "")


def struct(value: Mapping[str, Any]) -> struct_pb2.Struct:
    """A JSON object as a message; ``NaN`` and infinities, which JSON has not, become null."""
    return json_format.ParseDict(_finite(value), struct_pb2.Struct())


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value
