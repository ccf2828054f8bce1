"""Looking apps and their components up in the replicas: one statement by index, and the owner's message as it was sent.

An app whose replica is a tombstone may be of no interest to this region and alive elsewhere, so that it counts as not
held. Every function opens a session of its own.
"""

from collections.abc import Collection, Sequence
from typing import Any

from region_silo.services.held import NotHeld, require_local
from shared.database.database import Database
from shared.database.statement import marks
from shared.pb.hybridcloud.apps.v1 import app_pb2, component_pb2


def get_app(database: Database, app_id: int) -> app_pb2.RpcSentryApp:
    """Raises:
    NotHeld: there is no live replica with the id.
    """
    return _get_one(database, "id = ?", app_id)


def get_app_by_slug(database: Database, slug: str) -> app_pb2.RpcSentryApp:
    """Raises:
    NotHeld: there is no live replica with the slug.
    """
    return _get_one(database, "slug = ?", slug)


def get_app_by_application(database: Database, application_id: int) -> app_pb2.RpcSentryApp:
    """Raises:
    NotHeld: there is no live replica with the API application.
    """
    return _get_one(database, "application_id = ?", application_id)


def apps_of_proxy_users(database: Database, user_ids: Collection[int]) -> list[app_pb2.RpcSentryApp]:
    """The apps that act as these users, in id order.

    Raises:
        NotHeld: one of the users is the proxy of no app that is held here.
    """
    wanted = set(user_ids)
    if not wanted:
        return []
    with database.session():
        apps = _apps(database, f"proxy_user_id IN ({marks(wanted)})", list(wanted))
    if {app.proxy_user_id for app in apps} != wanted:
        raise NotHeld
    return apps


def apps_of_organization(
    database: Database, organization_id: int, *, status: str | None = None, name: str | None = None
) -> list[app_pb2.RpcSentryApp]:
    """The apps that an organization owns, in id order; of one status or of exactly one name when given.

    Raises:
        NotHeld: the organization lives elsewhere.
    """
    with database.session():
        require_local(database, organization_id)
        if status is None:
            apps = _apps(database, "owner_id = ?", [organization_id])
        else:
            apps = _apps(database, "owner_id = ? AND status = ?", [organization_id, status])
    return [app for app in apps if name is None or app.name == name]


def components_of_app(database: Database, app_id: int) -> list[component_pb2.RpcSentryAppComponent]:
    """The app's components in the order of its schema.

    Raises:
        NotHeld: there is no live replica of the app.
    """
    statement = """
        SELECT component.state FROM app_replica AS app
        LEFT JOIN component_replica AS component ON component.sentry_app_id = app.id
        WHERE app.id = ? AND NOT app.tombstone ORDER BY component.id"""
    with database.session():
        rows = database.rows(statement, (app_id,))
    if not rows:
        raise NotHeld
    return [component_pb2.RpcSentryAppComponent.FromString(state) for (state,) in rows if state is not None]


def _get_one(database: Database, condition: str, value: int | str) -> app_pb2.RpcSentryApp:
    with database.session():
        rows = database.rows(f"SELECT state FROM app_replica WHERE {condition} AND NOT tombstone", (value,))  # noqa: S608
    if not rows:
        raise NotHeld
    return app_pb2.RpcSentryApp.FromString(rows[0][0])


def _apps(database: Database, condition: str, values: Sequence[Any]) -> list[app_pb2.RpcSentryApp]:
    statement = f"SELECT state FROM app_replica WHERE {condition} AND NOT tombstone ORDER BY id"  # noqa: S608
    rows = database.rows(statement, values)
    return [app_pb2.RpcSentryApp.FromString(state) for (state,) in rows]
