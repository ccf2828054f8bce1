"""An app's credential as the part of the app that it is on the wire.

Owns which fields of ``RpcSentryApp`` are a credential's. An app is sent and kept without them; whoever may see them
gets them merged in.
"""

from shared.domain.webhook_url import without_credentials
from shared.pb.hybridcloud.apps.v1 import app_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2

CREDENTIAL_FIELDS = frozenset({"webhook_headers", "metadata", "creator_label"})
"""Fields that an app has of its credential alone, and columns of control's table of apps."""


def credential_part(state: replica_pb2.CredentialState) -> app_pb2.RpcSentryApp:
    """An app of which nothing is set but its credential, to be merged into the app's own message."""
    part = app_pb2.RpcSentryApp(webhook_headers=state.webhook_headers)
    if state.client_secret:
        part.application.client_secret = state.client_secret
    if state.HasField("metadata"):
        part.metadata.CopyFrom(state.metadata)
    if state.HasField("creator_label"):
        part.creator_label = state.creator_label
    if state.HasField("webhook_url"):
        part.webhook_url = state.webhook_url
    return part


def credential_of(part: app_pb2.RpcSentryApp) -> replica_pb2.CredentialState:
    """What ``credential_part`` made the part of."""
    state = replica_pb2.CredentialState(
        client_secret=part.application.client_secret, webhook_headers=part.webhook_headers
    )
    if part.HasField("metadata"):
        state.metadata.CopyFrom(part.metadata)
    if part.HasField("creator_label"):
        state.creator_label = part.creator_label
    if part.webhook_url:
        state.webhook_url = part.webhook_url
    return state


def take_credential(app: app_pb2.RpcSentryApp) -> app_pb2.RpcSentryApp:
    """Takes the credential out of an app's message, which is without it afterwards, and answers with that part."""
    part = app_pb2.RpcSentryApp()
    for field, value in app.ListFields():
        if field.name in CREDENTIAL_FIELDS:
            part.MergeFrom(app_pb2.RpcSentryApp(**{field.name: value}))
            app.ClearField(field.name)
    if app.application.client_secret:
        part.application.client_secret = app.application.client_secret
        app.application.ClearField("client_secret")
    # The URL stays with the app, without what stands before its host.
    if "@" in app.webhook_url:
        part.webhook_url = app.webhook_url
        app.webhook_url = without_credentials(app.webhook_url)
    return part
