"""The actions of a rule that apps offer: whose they are, and that their apps agree before the rule is stored.

Makes calls, so never inside a session or transaction.
"""

from collections.abc import Sequence
from typing import cast

from region_silo.services.app_reader import AppReader
from shared.asking.alert_action import AlertAction, announce_alert_actions
from shared.asking.ask import Asking
from shared.domain.app_error import AppError
from shared.domain.json_value import JsonObject
from shared.errors import InstallationNotFound, ValidationFailed
from shared.pb.hybridcloud.apps.v1 import component_pb2

SENTRY_APP_ACTION = "sentry.rules.actions.notify_event_sentry_app.NotifyEventSentryAppAction"
"""The action that tells an app; it names the app's installation."""
UNKNOWN = "Could not identify an installation in this organization by the UUID {uuid}"


def announce_actions(apps: AppReader, asking: Asking, *, organization_id: int, actions: Sequence[JsonObject]) -> None:
    """Tells each app whose action the user filled in a form for (``hasSchemaFormConfig``), as the original does.

    Args:
        apps: knows installations and their components.
        asking: through which apps are told.
        organization_id: of the rule's project.
        actions: of the rule, checked.

    Raises:
        ValidationFailed: an installation is not the organization's, or an app does not agree: in its own words.
        SiloUnreachable: only control knows an installation, and it is away.
    """
    of_apps = [action for action in actions if action["id"] == SENTRY_APP_ACTION]
    contexts = [_context(apps, action, organization_id=organization_id) for action in of_apps]
    told = [
        AlertAction(context=context, fields=cast(Sequence[JsonObject], action.get("settings", [])))
        for context, action in zip(contexts, of_apps, strict=True)
        if action.get("hasSchemaFormConfig") is True
    ]
    try:
        announce_alert_actions(asking, told)
    except AppError as error:
        raise _refusal(error.message) from error


def _context(
    apps: AppReader, action: JsonObject, *, organization_id: int
) -> component_pb2.RpcSentryAppComponentContext:
    uuid = str(action["sentryAppInstallationUuid"])
    try:
        context = apps.get_alert_action(uuid)
    except InstallationNotFound as exc:
        raise _refusal(UNKNOWN.format(uuid=uuid)) from exc
    if context.installation.organization_id != organization_id:
        raise _refusal(UNKNOWN.format(uuid=uuid))
    return context


def _refusal(text: str) -> ValidationFailed:
    return ValidationFailed(fields={"actions": [text]})
