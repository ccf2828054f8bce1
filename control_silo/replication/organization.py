"""Organizations, of which control holds replicas: each region owns its own; ids and slugs were given out by control."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from control_silo.models.region import OrganizationReplica, OrganizationReservation
from control_silo.services.interest import calling_region
from control_silo.services.organization import name_problem
from shared.category import Category
from shared.database.database import Database
from shared.database.model import fields_of, table_of, tuples_of
from shared.database.transaction import Transaction
from shared.domain.peer import is_region_name
from shared.errors import CallerNotOwner, InvalidInput, PermissionDenied, SlugNotReserved, VersionImplausible
from shared.outbox.apply import ReplicaTable
from shared.outbox.digest import state_checksum
from shared.outbox.kind import HeldKind
from shared.pb.hybridcloud.organizations.v1 import organization_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2

MAX_VERSIONS_AHEAD = 2**20
"""How far a version may be above the one held: more changes than a region makes of one organization while control is
away. A region that is taken could else use all versions up, and whoever replaces it could change nothing more."""
STATUSES = ("active", "pending_deletion")


class OrganizationKind(HeldKind):
    """Organizations of all regions."""

    category = Category.ORGANIZATION
    name = table_of(OrganizationReplica)
    columns = tuple(field.column_name for field in fields_of(OrganizationReplica))
    numbered = OrganizationReservation

    def table_for(self, caller: str) -> ReplicaTable:
        # Nobody else owns any: control itself only holds copies.
        if not is_region_name(caller):
            raise PermissionDenied("Only a region may change its organizations' replicas.")
        return OrganizationTable(caller)

    def checksums_anew(self, database: Database, rows: Sequence[Sequence[Any]]) -> Iterable[bytes]:
        for row in rows:
            stored = dict(zip(self.columns, row, strict=True))
            change = replica_pb2.Change()
            named = {name: stored[name] for name in ("id", "slug", "name", "region_name", "status")}
            change.organization.organization.CopyFrom(organization_pb2.RpcOrganization(**named))
            checksum = state_checksum(change)
            yield checksum if checksum == stored["checksum"] else b""

    def known_to_caller(self) -> tuple[str, Sequence[Any]]:
        """A region knows of its own alone."""
        region = calling_region()
        return ("true", ()) if region is None else ("region_name = ?", (region,))


@dataclass(frozen=True)
class OrganizationTable:
    """Organizations of one region; that region alone may change them."""

    region: str
    _slugs: dict[int, str] = field(default_factory=dict)
    """Those that control gave out to the region, by id."""
    _versions: dict[int, int] = field(default_factory=dict)
    """Those that are held, by id."""
    name = OrganizationKind.name
    columns = OrganizationKind.columns

    def look_up(self, object_ids: Sequence[int]) -> bool:
        """Reads slugs and versions; what was read before is forgotten."""
        reserved, held = OrganizationReservation, OrganizationReplica
        own = (reserved.id.in_(object_ids)) & (reserved.region_name == self.region)
        for known, rows in (
            (self._slugs, reserved.select(reserved.id, reserved.slug).where(own)),
            (self._versions, held.select(held.id, held.version).where(held.id.in_(object_ids))),
        ):
            known.clear()
            known.update(tuples_of(rows))
        return True

    def row(self, change: replica_pb2.Change) -> tuple[Any, ...]:
        """Raises:
        CallerNotOwner: control never gave this id to the region.
        VersionImplausible: the version is too far ahead.
        SlugNotReserved: the slug is not the one that control gave out with the id.
        InvalidInput: the state names another region or id, or is not one of an organization.
        """
        slug = self._reserved_slug(change)
        # A tombstone keeps the region's name: its later versions must come from the same one.
        if not change.HasField("organization"):
            return change.object_id, change.version, True, b"", "", "", self.region, ""
        state = change.organization.organization
        # Whoever took a region could else write over another's organization by its id.
        if state.id != change.object_id or state.region_name != self.region:
            raise InvalidInput(f"Organization {change.object_id} of {self.region} is sent as {state.id} of another.")
        if state.slug != slug:
            raise SlugNotReserved(metadata={"organization_id": str(state.id)})
        _check_texts(state)
        checksum, status = state_checksum(change), state.status or "active"
        return state.id, change.version, False, checksum, state.slug, state.name, self.region, status

    def applied(self, tx: Transaction, changes: Sequence[replica_pb2.Change]) -> None:
        """Nothing belongs to an organization but its row."""

    def _reserved_slug(self, change: replica_pb2.Change) -> str:
        slug = self._slugs.get(change.object_id)
        if slug is None:
            raise CallerNotOwner(f"Organization {change.object_id} is not one of {self.region}'s.")
        if change.version - self._versions.get(change.object_id, 0) > MAX_VERSIONS_AHEAD:
            raise VersionImplausible
        return slug


def _check_texts(state: organization_pb2.RpcOrganization) -> None:
    problem = name_problem(state.name)
    if problem:
        raise InvalidInput(f"name: {problem}")
    if state.status not in ("", *STATUSES):
        raise InvalidInput("status: this is not one of an organization's.")
