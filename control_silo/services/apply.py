"""Control's apply: writes its replicas of organizations. ``shared.outbox.apply`` has the rule of versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from control_silo.models.region import OrganizationReplica, OrganizationReservation
from control_silo.services.message import organization_message
from shared.category import Category
from shared.database.model import tuples_of
from shared.database.transaction import Transaction
from shared.errors import CallerNotOwner, InvalidInput
from shared.outbox.apply import ReplicaTable
from shared.outbox.digest import state_checksum
from shared.pb.hybridcloud.replication.v1 import replica_pb2


@dataclass(frozen=True)
class OrganizationTable:
    """Organizations of one region; that region alone may change them."""

    region: str
    name = "organization_replica"
    columns = ("id", "version", "tombstone", "slug", "name", "region_name", "status")

    def row(self, change: replica_pb2.Change) -> tuple[Any, ...]:
        """Raises:
        CallerNotOwner: control never gave this id to the region.
        InvalidInput: the state names another region or id.
        """
        reservation = OrganizationReservation.get_or_none(OrganizationReservation.id == change.object_id)
        if reservation is None or reservation.region_name != self.region:
            raise CallerNotOwner(f"Organization {change.object_id} is not one of {self.region}'s.")
        if not change.HasField("organization"):
            return change.object_id, change.version, True, "", "", self.region, ""
        state = change.organization.organization
        if state.id != change.object_id or state.region_name != self.region:
            raise InvalidInput(f"Organization {change.object_id} of {self.region} is sent as {state.id} of another.")
        return state.id, change.version, False, state.slug, state.name, self.region, state.status or "active"

    def applied(self, tx: Transaction, changes: Sequence[replica_pb2.Change]) -> None:
        """Nothing belongs to an organization but its row."""


def organization_tables(region: str) -> Mapping["replica_pb2.Category", ReplicaTable]:
    """The categories that control keeps replicas of, as that region may change them."""
    return {Category.ORGANIZATION.number: OrganizationTable(region)}


def replica_versions(category: Category) -> list[tuple[int, int]]:
    """Id and version of every live replica, in id order. Needs a session."""
    return _versions(category, tombstones=False)


def replica_tombstones(category: Category) -> list[tuple[int, int]]:
    """Id and version of every replica that is a tombstone, in id order. Needs a session."""
    return _versions(category, tombstones=True)


def replica_checksums(category: Category, ids: Sequence[int]) -> Mapping[int, bytes]:
    """By id, the checksums of live replicas. Needs a session."""
    if category is not Category.ORGANIZATION or not ids:
        return {}
    checksums = {}
    for organization in OrganizationReplica.select().where(OrganizationReplica.id.in_(ids)):
        change = replica_pb2.Change()
        change.organization.organization.CopyFrom(organization_message(organization))
        checksums[organization.id] = state_checksum(change)
    return checksums


def _versions(category: Category, *, tombstones: bool) -> list[tuple[int, int]]:
    if category is not Category.ORGANIZATION:
        return []
    rows = OrganizationReplica.select(OrganizationReplica.id, OrganizationReplica.version)
    return tuples_of(rows.where(OrganizationReplica.tombstone == tombstones).order_by(OrganizationReplica.id))
