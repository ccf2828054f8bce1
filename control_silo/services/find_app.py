"""Looking apps and their components up. Deleted apps are never found. Every function needs a session."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from control_silo.models.app import SentryApp, SentryAppComponent
from shared.domain.app_status import SentryAppStatus

_LIVE = SentryApp.date_deleted.is_null()


def find_app(app_id: int) -> SentryApp | None:
    """The app with an id; None when there is none."""
    return SentryApp.get_or_none(SentryApp.id == app_id, _LIVE)


def find_app_by_slug(slug: str) -> SentryApp | None:
    """The app with a slug; None when there is none."""
    return SentryApp.get_or_none(SentryApp.slug == slug, _LIVE)


def find_app_by_application(application_id: int) -> SentryApp | None:
    """The app of an API application; None when there is none."""
    return SentryApp.get_or_none(SentryApp.application == application_id, _LIVE)


def apps_of_proxy_users(user_ids: Collection[int]) -> list[SentryApp]:
    """The apps that act as one of these users, in id order."""
    if not user_ids:
        return []
    return list(SentryApp.select().where(SentryApp.proxy_user.in_(set(user_ids)), _LIVE).order_by(SentryApp.id))


def apps_of_organization(
    organization_id: int, *, status: SentryAppStatus | None = None, name: str | None = None
) -> list[SentryApp]:
    """The apps that an organization owns, in id order; of one status or of exactly one name when given."""
    query = SentryApp.select().where(SentryApp.owner_id == organization_id, _LIVE).order_by(SentryApp.id)
    if status is not None:
        query = query.where(SentryApp.status == int(status))
    if name is not None:
        query = query.where(SentryApp.name == name)
    return list(query)


def components_of_app(app_id: int) -> list[SentryAppComponent]:
    """The app's components in the order of its schema; [] when there is no such app."""
    query = SentryAppComponent.select().join(SentryApp).where(SentryApp.id == app_id, _LIVE)
    return list(query.order_by(SentryAppComponent.id))


def list_components(app: SentryApp, *, offset: int, limit: int) -> list[SentryAppComponent]:
    """A page of an app's components, in the order of its schema."""
    components = SentryAppComponent.select().where(SentryAppComponent.sentry_app == app.id)
    return list(components.order_by(SentryAppComponent.id).offset(offset).limit(limit))


def components_by_app(app_ids: Iterable[int], *, type: str) -> Mapping[int, list[SentryAppComponent]]:
    """By app id, the components of one type; an app without any is absent."""
    query = SentryAppComponent.select().where(
        SentryAppComponent.sentry_app.in_(set(app_ids)), SentryAppComponent.type == type
    )
    found: defaultdict[int, list[SentryAppComponent]] = defaultdict(list)
    for component in query.order_by(SentryAppComponent.id):
        found[component.sentry_app_id].append(component)
    return found
