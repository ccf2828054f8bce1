"""Rows as messages, with what belongs to them: a few statements for a list, however long. Needs a session."""

from collections.abc import Collection, Iterable, Sequence

from control_silo.models.app import SentryAppComponent
from control_silo.models.installation import SentryAppInstallation
from control_silo.services.find_app import AppDetails, apps_by_id
from control_silo.services.find_component import components_by_app
from control_silo.services.interest import seen_by_caller
from control_silo.services.message import app_message, component_message, credential_message, installation_message
from shared.app_service.credential import credential_part
from shared.category import Category
from shared.pb.hybridcloud.apps.v1 import app_pb2, component_pb2, installation_pb2


def find_app_message(details: AppDetails | None) -> app_pb2.RpcSentryApp | None:
    """An app's message; None for None."""
    return app_messages([details])[0] if details else None


def app_messages(apps: Collection[AppDetails]) -> list[app_pb2.RpcSentryApp]:
    """The apps' messages, in the same order, each with its credential if whoever calls may hold that."""
    # One question for all of them: who calls decides, so that no method can forget to.
    with_credential = seen_by_caller(Category.CREDENTIAL, [details.app.id for details in apps])
    return [_app_message(details, with_credential=details.app.id in with_credential) for details in apps]


def _app_message(details: AppDetails, *, with_credential: bool) -> app_pb2.RpcSentryApp:
    message = app_message(details.app, avatars=details.avatars, application=details.application)
    if with_credential:
        message.MergeFrom(credential_part(credential_message(details.app, application=details.application)))
    return message


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
    # Each app once, however many of its installations are shown.
    messages = {message.id: message for message in app_messages(apps.values())}
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
        # An installation whose app has no such component is named all the same; callers leave it out or not.
        for component in components.get(message.sentry_app.id) or (None,)
    ]
