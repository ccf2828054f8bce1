"""The action of an alert rule: tells an app that a rule with its action was saved, and hears whether it agrees."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.app_service.alert_component import ALERT_RULE_ACTION
from shared.asking.ask import BAD_GATEWAY, Asking, Question, own_message, upstream_status
from shared.domain.app_error import AppError, integrator_error, sentry_error
from shared.domain.component_fields import app_url
from shared.domain.event import AppEvent
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import RequestRefused, SiloError
from shared.outgoing.request import AppAnswer
from shared.pb.hybridcloud.apps.v1 import alert_calls_pb2, component_pb2
from shared.rpc.json_struct import object_of, struct_of

EVENT = AppEvent.ALERT_RULE_ACTION_REQUESTED.value
SUCCESS = "Success!"
FAILURE = "Something went wrong!"


@dataclass(frozen=True, kw_only=True)
class AlertAction:
    """An action of a rule that an app offers."""

    context: component_pb2.RpcSentryAppComponentContext
    """The installation, and its ``alert-rule-action``."""
    fields: Sequence[JsonObject]
    """What the user entered: objects with ``name`` and ``value``."""

    @property
    def question(self) -> Question:
        """Raises:
        AppError: the app has no such component, or no address.
        """
        installation = self.context.installation
        payload: JsonValue = {"fields": list(self.fields), "installationId": installation.uuid}
        return Question(installation=installation, event=EVENT, url=_url(self.context), payload=payload)


def announce_alert_actions(asking: Asking, actions: Sequence[AlertAction]) -> list[str]:
    """Tells the apps side by side, and answers with their sentences for the user, in order.

    Raises:
        AppError: one of them refused, in its own words where it gave any, or did not answer.
    """
    outcomes = asking.ask_all([action.question for action in actions])
    return [_sentence(action, outcome) for action, outcome in zip(actions, outcomes, strict=True)]


def announce_saved_rule(
    asking: Asking,
    context: component_pb2.RpcSentryAppComponentContext | None,
    request: alert_calls_pb2.TriggerSentryAppActionCreatorsRequest,
) -> alert_calls_pb2.TriggerSentryAppActionCreatorsResponse:
    """``AppService.TriggerSentryAppActionCreators``: what went wrong is a part of the answer.

    Args:
        asking: through which the app is told.
        context: the installation that the request names, and its ``alert-rule-action``; None: there is none.
        request: with what the user entered.
    """
    try:
        if context is None:
            raise sentry_error("Installation does not exist", facts={"installation_uuid": request.install_uuid})
        action = AlertAction(context=context, fields=[object_of(field) for field in request.fields])
        # By the way that rules over REST take, so that an app cannot tell the two apart.
        (message,) = announce_alert_actions(asking, [action])
    except AppError as error:
        return alert_calls_pb2.TriggerSentryAppActionCreatorsResponse(
            success=False,
            message=error.message,
            error_type=error.type.value,
            webhook_context=struct_of(error.webhook_context) if error.webhook_context else None,
            public_context=struct_of(error.public_context) if error.public_context else None,
            status_code=error.status,
        )
    return alert_calls_pb2.TriggerSentryAppActionCreatorsResponse(success=True, message=message)


def _sentence(action: AlertAction, outcome: AppAnswer | SiloError) -> str:
    facts, name = _facts(action.context), action.context.installation.sentry_app.name
    if isinstance(outcome, SiloError):
        # For the app's developer, who finds out by it whether it was too slow, gone or refused.
        facts["reason"] = outcome.reason
        raise integrator_error(f"{name}: {FAILURE}", status=BAD_GATEWAY, facts=facts) from outcome
    if not outcome.is_success:
        message = own_message(outcome) or FAILURE
        raise integrator_error(f"{name}: {message}", status=upstream_status(outcome), facts=facts)
    return f"{name}: {own_message(outcome) or SUCCESS}"


def _facts(context: component_pb2.RpcSentryAppComponentContext) -> dict[str, JsonValue]:
    return {"installation_uuid": context.installation.uuid}


def _url(context: component_pb2.RpcSentryAppComponentContext) -> str:
    app = context.installation.sentry_app
    schema = object_of(context.component.app_schema)
    settings = schema.get("settings")
    uri = settings.get("uri") if isinstance(settings, dict) else None
    if context.component.type != ALERT_RULE_ACTION or not isinstance(uri, str):
        raise sentry_error("Sentry App request url not found on schema", facts=_facts(context))
    try:
        return app_url(uri, webhook_url=app.webhook_url)
    except RequestRefused as exc:
        raise integrator_error(exc.message, facts=_facts(context)) from exc
