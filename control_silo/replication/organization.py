"""Organizations, of which control holds replicas: each region owns its own, and control gave out their ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from control_silo.models.region import OrganizationReplica, OrganizationReservation
from control_silo.services.message import organization_message
from shared.category import Category
from shared.database.database import Database
from shared.database.transaction import Transaction
from shared.domain.peer import is_region_name
from shared.errors import CallerNotOwner, InvalidInput, PermissionDenied
from shared.outbox.apply import ReplicaTable
from shared.outbox.digest import state_checksum
from shared.outbox.kind import HeldKind
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class OrganizationKind(HeldKind):
    """Organizations of all regions."""

    category = Category.ORGANIZATION
    name = "organization_replica"

    def table_for(self, caller: str) -> ReplicaTable:
        if not is_region_name(caller):
            raise PermissionDenied("Only a region may change its organizations' replicas.")
        return OrganizationTable(caller)

    def checksums(self, database: Database, ids: Sequence[int]) -> Mapping[int, bytes]:
        checksums = {}
        for organization in OrganizationReplica.select().where(OrganizationReplica.id.in_(ids)):
            change = replica_pb2.Change()
            change.organization.organization.CopyFrom(organization_message(organization))
            checksums[organization.id] = state_checksum(change)
        return checksums


@dataclass(frozen=True)
class OrganizationTable:
    """Organizations of one region; that region alone may change them."""

    region: str
    name = OrganizationKind.name
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
