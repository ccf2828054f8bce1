"""The region's apply: where the replicas of apps, installations and tokens are written, each only if it is newer.

Owns the shape of the rows. The rule of versions is ``shared.outbox.apply``'s, the same for every silo.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import peewee
from google.protobuf.message import Message

from region_silo.services.hook import Subscription, apply_subscriptions
from shared.category import Category
from shared.database.statement import marks, row_marks
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppInstallationStatus
from shared.errors import FieldMissing, InvalidInput
from shared.outbox.apply import ReplicaTable
from shared.outbox.digest import state_checksum
from shared.pb.hybridcloud.replication.v1 import replica_pb2

_REPLICA_COLUMNS = ("id", "version", "tombstone", "checksum", "state")
_COMPONENTS_PER_STATEMENT = 1000
"""No limit holds for the number of an app's components, but one does for the parameters of a statement."""


@dataclass(frozen=True)
class AppTable:
    """Apps, and with each the components that belong to that version."""

    name = "app_replica"
    columns = (*_REPLICA_COLUMNS, "slug", "application_id", "proxy_user_id", "owner_id", "status")

    def row(self, change: replica_pb2.Change) -> tuple[Any, ...]:
        app = change.app.sentry_app
        _require_same_id(change, app.id)
        return (*_replica(change, app), app.slug, app.application_id, app.proxy_user_id, app.owner_id, app.status)

    def applied(self, tx: Transaction, changes: Sequence[replica_pb2.Change]) -> None:
        tx.database.rows(
            f"DELETE FROM component_replica WHERE sentry_app_id IN ({marks(changes)})",  # noqa: S608 - placeholders only
            [change.object_id for change in changes],
        )
        rows = [
            (state.id, change.version, change.object_id, state.component.type, _bytes(state.component))
            for change in changes
            for state in change.app.components
        ]
        for some in peewee.chunked(rows, _COMPONENTS_PER_STATEMENT):
            _insert_components(tx, some)


@dataclass(frozen=True)
class InstallationTable:
    """Installations, with the subscription that their app asks for."""

    name = "installation_replica"
    columns = (*_REPLICA_COLUMNS, "uuid", "organization_id", "sentry_app_id", "status")

    def row(self, change: replica_pb2.Change) -> tuple[Any, ...]:
        installation = change.installation.installation
        _require_same_id(change, installation.id)
        status = int(SentryAppInstallationStatus.PENDING)
        if change.HasField("installation"):
            try:
                status = SentryAppInstallationStatus.as_int(installation.status)
            except ValueError as exc:
                raise InvalidInput(f"status: {installation.status!r} is not one of an installation's.") from exc
        replica = _replica(change, change.installation)
        return (*replica, installation.uuid, installation.organization_id, change.installation.sentry_app_id, status)

    def applied(self, tx: Transaction, changes: Sequence[replica_pb2.Change]) -> None:
        """The hook of an installation follows its app; one without a URL, and one that is gone, has none."""
        subscriptions = [_subscription(change) for change in changes if _is_subscribing(change)]
        gone = [change.object_id for change in changes if not _is_subscribing(change)]
        apply_subscriptions(tx, subscriptions, gone=gone)


@dataclass(frozen=True)
class TokenTable:
    """Tokens, by their hash."""

    name = "token_replica"
    columns = (*_REPLICA_COLUMNS, "token_hash", "installation_id")

    def row(self, change: replica_pb2.Change) -> tuple[Any, ...]:
        token = change.token
        if change.HasField("token") and not token.token_hash:
            raise FieldMissing("token_hash: a token without its hash can never be found.")
        return (*_replica(change, token), token.token_hash, token.installation_id)

    def applied(self, tx: Transaction, changes: Sequence[replica_pb2.Change]) -> None:
        """Nothing belongs to a token but its row."""


TABLES: Mapping["replica_pb2.Category", ReplicaTable] = {
    Category.APP.number: AppTable(),
    Category.INSTALLATION.number: InstallationTable(),
    Category.TOKEN.number: TokenTable(),
}
"""The categories that a region keeps replicas of."""


def _is_subscribing(change: replica_pb2.Change) -> bool:
    return bool(change.installation.webhook_url and change.installation.application_id)


def _subscription(change: replica_pb2.Change) -> Subscription:
    state = change.installation
    return Subscription(
        installation_id=change.object_id,
        application_id=state.application_id,
        organization_id=state.installation.organization_id,
        url=state.webhook_url,
        events=tuple(state.events),
    )


def _insert_components(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
    tx.database.rows(
        f"INSERT INTO component_replica (id, version, sentry_app_id, type, state) VALUES {row_marks(rows)}",  # noqa: S608 - as above
        [value for row in rows for value in row],
    )


def _replica(change: replica_pb2.Change, state: Message) -> tuple[Any, ...]:
    is_tombstone = change.WhichOneof("state") is None
    stored = b"" if is_tombstone else _bytes(state)
    return change.object_id, change.version, is_tombstone, state_checksum(change), stored


def _require_same_id(change: replica_pb2.Change, object_id: int) -> None:
    if change.WhichOneof("state") is not None and object_id != change.object_id:
        raise InvalidInput(f"object_id: {change.object_id} is not the id of the state, {object_id}.")


def _bytes(message: Message) -> bytes:
    """Deterministic, so that equal states have equal bytes on every silo."""
    return message.SerializeToString(deterministic=True)
