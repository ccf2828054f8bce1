"""Apps, of which a region holds replicas, and with each the components that belong to that version."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import peewee
from google.protobuf.message import Message

from region_silo.models.replica import AppReplica
from region_silo.replication.held import STATE, RegionKind, is_read, replica, require_same_id, state_bytes
from shared.app_service.credential import take_credential
from shared.category import Category
from shared.database.database import Database
from shared.database.row import rows_by_id
from shared.database.statement import among, row_marks
from shared.database.transaction import Transaction
from shared.pb.hybridcloud.apps.v1 import app_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2

_COMPONENTS_PER_STATEMENT = 1000
"""No limit holds for the number of an app's components, but one does for the parameters of a statement."""


class AppKind(RegionKind):
    """Apps; ``state`` is an ``RpcSentryApp`` without its credential, which reads put behind it."""

    category = Category.APP
    model = AppReplica

    def row(self, change: replica_pb2.Change) -> tuple[Any, ...]:
        app = change.app.sentry_app
        require_same_id(change, app.id)
        if app.application.client_secret:  # control is older than credentials apart from their apps
            app = app_pb2.RpcSentryApp.FromString(app.SerializeToString())
            take_credential(app)
        return (*replica(change, part=app), app.slug, app.application_id, app.proxy_user_id, app.owner_id, app.status)

    def restored(self, database: Database, rows: Sequence[Sequence[Any]]) -> Iterable[replica_pb2.Change | None]:
        # In the order in which control sends them.
        statement = "SELECT sentry_app_id, id, state FROM component_replica WHERE sentry_app_id "
        components: defaultdict[int, list[tuple[int, bytes]]] = defaultdict(list)
        for app_id, component_id, state in sorted(rows_by_id(statement, [row[0] for row in rows])):
            components[app_id].append((component_id, state))
        for row in rows:
            change = replica_pb2.Change(object_id=row[0], version=row[1])
            parts: list[tuple[Message, bytes]] = [(change.app.sentry_app, row[STATE])]
            for component_id, state in components[row[0]]:
                parts.append((change.app.components.add(id=component_id).component, state))
            yield change if all(is_read(message, state) for message, state in parts) else None

    def applied(self, tx: Transaction, changes: Sequence[replica_pb2.Change]) -> None:
        # Components have no version of their own: those of the older app go, whatever they were.
        wanted, ids = among(tx.database, [change.object_id for change in changes])
        tx.database.rows(f"DELETE FROM component_replica WHERE sentry_app_id {wanted}", ids)  # noqa: S608 - a placeholder
        rows = [
            (state.id, change.version, change.object_id, state.component.type, state_bytes(state.component))
            for change in changes
            for state in change.app.components
        ]
        # A schema may have many elements, and an engine bounds the parameters of a statement.
        for some in peewee.chunked(rows, _COMPONENTS_PER_STATEMENT):
            _insert_components(tx, some)


def _insert_components(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
    tx.database.rows(
        f"INSERT INTO component_replica (id, version, sentry_app_id, type, state) VALUES {row_marks(rows)}",  # noqa: S608 - as above
        [value for row in rows for value in row],
    )
