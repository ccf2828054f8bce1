"""Apps as alert rules see them: which can be notified, and the action that a rule's editor offers for each.

Owns what can be said from the messages alone, the same on every silo. Refuses to call anyone.
"""

from collections.abc import Iterable

from google.protobuf import struct_pb2

from shared.pb.hybridcloud.apps.v1 import alert_pb2, component_pb2
from shared.rpc.json_struct import object_of, struct_of

ALERT_RULE_ACTION = "alert-rule-action"
STACKTRACE_LINK = "stacktrace-link"

Context = component_pb2.RpcSentryAppComponentContext


def alertable_services(contexts: Iterable[Context]) -> list[alert_pb2.RpcSentryAppService]:
    """The alertable apps among contexts without a component, each once, in the order of their ids."""
    apps = {
        context.installation.sentry_app.id: context.installation.sentry_app
        for context in contexts
        # Those with a component offer an action of their own, and would stand in the list twice.
        if context.installation.sentry_app.is_alertable and not context.HasField("component")
    }
    return [
        alert_pb2.RpcSentryAppService(title=app.name, slug=app.slug, service_type="sentry_app")
        for _, app in sorted(apps.items())
    ]


def alert_rule_action(
    context: Context, component: component_pb2.RpcSentryAppComponent, event_data: alert_pb2.RpcSentryAppEventData
) -> struct_pb2.Struct:
    """What the editor of alert rules offers for an installation.

    Args:
        context: the installation.
        component: its ``alert-rule-action``, prepared.
        event_data: the kind of action that the editor offers.
    """
    app, schema = context.installation.sentry_app, object_of(component.app_schema)
    return struct_of(
        {
            "id": event_data.id,
            "enabled": event_data.enabled if event_data.HasField("enabled") else True,
            "actionType": event_data.action_type,
            "service": app.slug,
            "sentryAppInstallationUuid": context.installation.uuid,
            "prompt": app.name,
            # The original's beginning of a sentence, which the form's fields end.
            "label": f"{schema.get('title', app.name)} with these ",
            "formFields": schema.get("settings", {}),
        }
    )
