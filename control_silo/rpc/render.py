"""Rows as messages, with what belongs to them: a few statements for a list, however long. Needs a session."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from control_silo.models.app import SentryApp, SentryAppAvatar, SentryAppComponent
from control_silo.models.application import ApiApplication
from control_silo.models.installation import SentryAppInstallation
from control_silo.services.find_app import components_by_app
from control_silo.services.message import app_message, component_message, installation_message
from shared.pb.hybridcloud.apps.v1 import app_pb2, component_pb2, installation_pb2


def find_app_message(app: SentryApp | None) -> app_pb2.RpcSentryApp | None:
    """An app's message; None for None."""
    return app_messages([app])[0] if app else None


def app_messages(apps: Sequence[SentryApp]) -> list[app_pb2.RpcSentryApp]:
    """The apps' messages, in the same order."""
    if not apps:
        return []
    avatars: defaultdict[int, list[SentryAppAvatar]] = defaultdict(list)
    of_apps = SentryAppAvatar.select().where(SentryAppAvatar.sentry_app.in_([app.id for app in apps]))
    for avatar in of_apps.order_by(SentryAppAvatar.id):
        avatars[avatar.sentry_app_id].append(avatar)
    ids = [app.application_id for app in apps]
    applications = {each.id: each for each in ApiApplication.select().where(ApiApplication.id.in_(ids))}
    return [app_message(app, avatars=avatars[app.id], application=applications.get(app.application_id)) for app in apps]


def find_installation_message(
    installation: SentryAppInstallation | None,
) -> installation_pb2.RpcSentryAppInstallation | None:
    """An installation's message with its app; None for None."""
    return installation_messages([installation])[0] if installation else None


def installation_messages(
    installations: Sequence[SentryAppInstallation],
) -> list[installation_pb2.RpcSentryAppInstallation]:
    """The installations' messages with their apps, in the same order."""
    ids = {installation.sentry_app_id for installation in installations}
    apps = list(SentryApp.select().where(SentryApp.id.in_(ids))) if ids else []
    messages: Mapping[int, app_pb2.RpcSentryApp] = {message.id: message for message in app_messages(apps)}
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
