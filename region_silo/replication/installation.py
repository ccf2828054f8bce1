"""Installations, of which a region holds replicas, and with each the hook that its app asks for."""

from collections.abc import Sequence
from typing import Any

from region_silo.models.replica import InstallationReplica
from region_silo.replication.held import RegionKind, replica, require_same_id
from region_silo.services.hook import Subscription, reconcile_hooks
from shared.category import Category
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppInstallationStatus
from shared.domain.subscription import consolidate_events
from shared.errors import InvalidInput
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class InstallationKind(RegionKind):
    """Installations; ``state`` is an ``InstallationState``."""

    category = Category.INSTALLATION
    model = InstallationReplica

    def row(self, change: replica_pb2.Change) -> tuple[Any, ...]:
        installation = change.installation.installation
        require_same_id(change, installation.id)
        # A tombstone has none; the column takes no null, and no reader looks at it.
        status = int(SentryAppInstallationStatus.PENDING)
        if change.HasField("installation"):
            try:
                status = SentryAppInstallationStatus.as_int(installation.status)
            except ValueError as exc:
                raise InvalidInput(f"status: {installation.status!r} is not one of an installation's.") from exc
        columns = replica(change)
        return (*columns, installation.uuid, installation.organization_id, change.installation.sentry_app_id, status)

    def applied(self, tx: Transaction, changes: Sequence[replica_pb2.Change]) -> None:
        """The hook of an installation follows its app; one without a URL, and one that is gone, has none."""
        subscriptions = [_subscription(change) for change in changes if _is_subscribing(change)]
        gone = [change.object_id for change in changes if not _is_subscribing(change)]
        reconcile_hooks(tx, subscriptions, gone=gone)


def _is_subscribing(change: replica_pb2.Change) -> bool:
    return bool(change.installation.webhook_url and change.installation.application_id)


def _subscription(change: replica_pb2.Change) -> Subscription:
    state = change.installation
    return Subscription(
        installation_id=change.object_id,
        application_id=state.application_id,
        organization_id=state.installation.organization_id,
        url=state.webhook_url,
        # A control that is not upgraded yet sends every event by its name.
        events=tuple(consolidate_events(state.events)),
    )
