"""Looking apps and their components up in the replicas: one statement by index, and the owner's messages as sent.

An app is read with its credential where that is held: where an organization here owns it or has it installed. One whose
replica is a tombstone may be of no interest to this region and alive elsewhere, so that it counts as not held. Every
function opens a session of its own, where what is kept in the process does not tell.
"""

from collections.abc import Collection, Sequence
from typing import Any

from region_silo.services.held import NotHeld, held_rows, require_local
from shared.database.database import Database
from shared.database.statement import marks
from shared.pb.hybridcloud.apps.v1 import app_pb2, component_pb2

# An app, what is held of its credential, and whether an organization of this region owns it.
_SELECT = """
    SELECT app.state, credential.state, home.id FROM app_replica AS app
    LEFT JOIN credential_replica AS credential ON credential.id = app.id
    LEFT JOIN organization AS home ON home.id = app.owner_id"""


def whole_app(state: bytes, credential: bytes) -> app_pb2.RpcSentryApp:
    """An app of both replicas: two messages in a row are one that is merged of both."""
    # Protobuf promises it of messages in a row, and every read is spared a second parse and a merge.
    return app_pb2.RpcSentryApp.FromString(state + credential)


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
    apps = _apps(database, f"proxy_user_id IN ({marks(wanted)})", sorted(wanted))
    # Whoever is missing may be an app of other regions, which control knows; a list with a gap would look whole.
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
    require_local(database, organization_id)
    if status is None:
        apps = _apps(database, "owner_id = ?", [organization_id])
    else:
        apps = _apps(database, "owner_id = ? AND app.status = ?", [organization_id, status])
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
    # Joined from the left: no row says that the app is not held, one row without a component that it has none.
    rows = held_rows(database, statement, (app_id,))
    if not rows:
        raise NotHeld
    return [component_pb2.RpcSentryAppComponent.FromString(state) for (state,) in rows if state is not None]


def _get_one(database: Database, condition: str, value: int | str) -> app_pb2.RpcSentryApp:
    rows = held_rows(database, f"{_SELECT} WHERE app.{condition} AND NOT app.tombstone", (value,))
    if not rows:
        raise NotHeld
    return _app(*rows[0])


def _apps(database: Database, condition: str, values: Sequence[Any]) -> list[app_pb2.RpcSentryApp]:
    statement = f"{_SELECT} WHERE app.{condition} AND NOT app.tombstone ORDER BY app.id"
    return [_app(*row) for row in held_rows(database, statement, values)]


def _app(state: bytes, credential: bytes | None, home: int | None) -> app_pb2.RpcSentryApp:
    """Raises:
    NotHeld: the app is one of this region's organizations, and its credential has not arrived.
    """
    # Its owner is shown what the credential says, the custom headers among it: without it the answer would be wrong,
    # and not only shorter.
    if credential is None and home is not None:
        raise NotHeld
    return whole_app(state, credential or b"")
