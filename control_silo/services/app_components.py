"""An app's components as they stand. Filling them in for an installation is ``shared.asking``'s."""

from control_silo.models.app import SentryApp, SentryAppComponent


def list_components(app: SentryApp, *, offset: int, limit: int) -> list[SentryAppComponent]:
    """In the order of the app's schema. Needs a session."""
    components = SentryAppComponent.select().where(SentryAppComponent.sentry_app == app.id)
    return list(components.order_by(SentryAppComponent.id).offset(offset).limit(limit))
