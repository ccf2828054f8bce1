"""Looking components up, always in the order of their app's schema. Every function needs a session.

For the call of a region, an app that is not of its interest has none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from control_silo.models.app import SentryApp, SentryAppComponent
from control_silo.services.interest import seen
from shared.category import Category


def components_of_app(app_id: int) -> list[SentryAppComponent]:
    """An app's components; [] when there is no such app, or no longer."""
    query = SentryAppComponent.select().join(SentryApp).where(SentryApp.id == app_id, SentryApp.date_deleted.is_null())
    return list(seen(query, Category.APP, SentryApp.id).order_by(SentryAppComponent.id))


def list_components(app: SentryApp, *, offset: int, limit: int) -> list[SentryAppComponent]:
    """A page of an app's components."""
    components = SentryAppComponent.select().where(SentryAppComponent.sentry_app == app.id)
    return list(components.order_by(SentryAppComponent.id).offset(offset).limit(limit))


def components_by_app(app_ids: Iterable[int], *, type: str) -> Mapping[int, list[SentryAppComponent]]:
    """By app id, the components of one type; an app without any is absent."""
    query = SentryAppComponent.select().where(
        SentryAppComponent.sentry_app.in_(set(app_ids)), SentryAppComponent.type == type
    )
    found: defaultdict[int, list[SentryAppComponent]] = defaultdict(list)
    for component in query.order_by(SentryAppComponent.id):
        # In the order of the schema, in which they were written.
        found[component.sentry_app_id].append(component)
    return found
