"""Rows as messages, with what belongs to them: a few statements for a list, however long. Needs a session."""

from collections.abc import Iterable, Sequence

from control_silo.models.app import SentryAppComponent
from control_silo.models.installation import SentryAppInstallation
from control_silo.services.find_app import AppDetails, apps_by_id
from control_silo.services.find_component import components_by_app
from control_silo.services.message import app_message, component_message, installation_message
from shared.pb.hybridcloud.apps.v1 import app_pb2, component_pb2, installation_pb2


def find_app_message(details: AppDetails | None) -> app_pb2.RpcSentryApp | None:
    """An app's message; None for None."""
    return _app_message(details) if details else None


def app_messages(apps: Iterable[AppDetails]) -> list[app_pb2.RpcSentryApp]:
    """The apps' messages, in the same order."""
    return list(map(_app_message, apps))


def _app_message(details: AppDetails) -> app_pb2.RpcSentryApp:
    return app_message(details.app, avatars=details.avatars, application=details.application)


def find_installation_message(
    installation: SentryAppInstallation | None,
) -> installation_pb2.RpcSentryAppInstallation | None:
    """An installation's message with its app; None for None."""
    return installation_messages([installation])[0] if installation else None


def installation_messages(
    installations: Sequence[SentryAppInstallation],
) -> list[installation_pb2.RpcSentryAppInstallation]:
    """The installations' messages with their apps, in the same order."""
    apps = apps_by_id({installation.sentry_app_id for installation in installations})
    messages = {app_id: _app_message(details) for app_id, details in apps.items()}
    return [
        installation_message(installation, app=messages[installation.sentry_app_id]) for installation in installations
    ]


def component_messages(components: Iterable[SentryAppComponent]) -> list[component_pb2.RpcSentryAppComponent]:
    """The components' messages, in the same order."""
    return [component_message(component) for component in components]


def context_messages(
    installations: Sequence[SentryAppInstallation], *, type: str
) -> list[component_pb2.RpcSentryAppComponentContext]:
    """One context per installation and component of the type; an installation without any has one without."""
    components = components_by_app((installation.sentry_app_id for installation in installations), type=type)
    return [
        component_pb2.RpcSentryAppComponentContext(
            installation=message, component=component_message(component) if component else None
        )
        for message in installation_messages(installations)
        for component in components.get(message.sentry_app.id) or (None,)
    ]
