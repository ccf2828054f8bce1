"""Components as they are shown: with choices and addresses filled in (spec §8.4), and as the editor of alert rules sees
them.

Owns what can be said from the messages alone, the same on every silo. Refuses to call anyone: where an app would have
to be asked, it says so.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2

from shared.domain.component_fields import (
    KnownChoices,
    NeededChoices,
    Path,
    SelectChoices,
    fill_fields,
    plan_fields,
    stacktrace_link_url,
)
from shared.errors import RequestRefused, Unimplemented
from shared.pb.hybridcloud.apps.v1 import alert_pb2, component_pb2

ALERT_RULE_ACTION = "alert-rule-action"
STACKTRACE_LINK = "stacktrace-link"

Context = component_pb2.RpcSentryAppComponentContext


def find_prepared(context: Context, *, project_slug: str | None) -> component_pb2.RpcSentryAppComponent | None:
    """The context's component with everything filled in; None when it has none or the app lacks what preparing needs.

    Raises:
        Unimplemented: a field has to be asked of the app.
    """
    if not context.HasField("component"):
        return None
    schema = json_format.MessageToDict(context.component.app_schema)
    plans = plan_fields(schema, values={})
    if any(isinstance(plan, NeededChoices) for plan in plans):
        raise Unimplemented("This silo does not ask apps for the choices of a field.")
    choices: dict[Path, SelectChoices] = {plan.path: plan.choices for plan in plans if isinstance(plan, KnownChoices)}
    filled = fill_fields(schema, choices=choices)
    if context.component.type == STACKTRACE_LINK:
        try:
            filled["url"] = _stacktrace_url(context, schema, project_slug)
        except RequestRefused:
            return None
    prepared = component_pb2.RpcSentryAppComponent()
    prepared.CopyFrom(context.component)
    prepared.app_schema.CopyFrom(_struct(filled))
    return prepared


def alert_rule_actions(
    contexts: Iterable[Context], *, event_data: alert_pb2.RpcSentryAppEventData, project_slug: str | None
) -> list[struct_pb2.Struct]:
    """What the editor of alert rules offers for each context whose alert-rule-action can be prepared.

    Raises:
        Unimplemented: a field has to be asked of an app.
    """
    prepared = ((context, find_prepared(context, project_slug=project_slug)) for context in contexts)
    return [_alert_rule_action(context, component, event_data) for context, component in prepared if component]


def alertable_services(contexts: Iterable[Context]) -> list[alert_pb2.RpcSentryAppService]:
    """The alertable apps among contexts without a component, each once, in the order of their ids."""
    apps = {
        context.installation.sentry_app.id: context.installation.sentry_app
        for context in contexts
        if context.installation.sentry_app.is_alertable and not context.HasField("component")
    }
    return [
        alert_pb2.RpcSentryAppService(title=app.name, slug=app.slug, service_type="sentry_app")
        for _, app in sorted(apps.items())
    ]


def _stacktrace_url(context: Context, schema: Mapping[str, Any], project_slug: str | None) -> str:
    return stacktrace_link_url(
        str(schema.get("uri", "")),
        webhook_url=context.installation.sentry_app.webhook_url,
        installation_uuid=context.installation.uuid,
        project_slug=project_slug,
    )


def _alert_rule_action(
    context: Context, component: component_pb2.RpcSentryAppComponent, event_data: alert_pb2.RpcSentryAppEventData
) -> struct_pb2.Struct:
    app, schema = context.installation.sentry_app, json_format.MessageToDict(component.app_schema)
    return _struct(
        {
            "id": event_data.id,
            "enabled": event_data.enabled if event_data.HasField("enabled") else True,
            "actionType": event_data.action_type,
            "service": app.slug,
            "sentryAppInstallationUuid": context.installation.uuid,
            "prompt": app.name,
            "label": f"{schema.get('title', app.name)} with these ",
            "formFields": schema.get("settings", {}),
        }
    )


def _struct(value: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(value, struct_pb2.Struct())
