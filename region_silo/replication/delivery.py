"""The region's delivery: the current state of its organizations, as control keeps them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from region_silo.models.organization import Organization
from region_silo.models.replica import AppReplica, InstallationReplica, TokenReplica
from region_silo.services.organization import organization_message
from shared.category import Category
from shared.database.model import tuples_of
from shared.domain.peer import CONTROL
from shared.pb.hybridcloud.replication.v1 import replica_pb2

_Replica = type[AppReplica] | type[InstallationReplica] | type[TokenReplica]
_REPLICAS: Mapping[Category, _Replica] = {
    Category.APP: AppReplica,
    Category.INSTALLATION: InstallationReplica,
    Category.TOKEN: TokenReplica,
}


@dataclass(frozen=True)
class OrganizationLoader:
    """Reads the states of organizations. Implements ``Load``."""

    region_name: str

    def __call__(
        self, category: Category, object_ids: Sequence[int], *, destination: str
    ) -> Iterable[replica_pb2.Change]:
        for organization in Organization.select().where(Organization.id.in_(object_ids)):
            change = replica_pb2.Change(
                category=category.number, object_id=organization.id, version=organization.version
            )
            change.organization.organization.CopyFrom(organization_message(organization, self.region_name))
            yield change


def list_versions(category: Category, destination: str) -> list[tuple[int, int]]:
    """Id and version of every object that ``destination`` should hold, in id order. Needs a session."""
    if category is not Category.ORGANIZATION or destination != CONTROL:
        return []
    return tuples_of(Organization.select(Organization.id, Organization.version).order_by(Organization.id))


def replica_versions(category: Category) -> list[tuple[int, int]]:
    """Id and version of every live replica, in id order. Needs a session."""
    return _versions(category, tombstones=False)


def replica_tombstones(category: Category) -> list[tuple[int, int]]:
    """Id and version of every replica that is a tombstone, in id order. Needs a session."""
    return _versions(category, tombstones=True)


def replica_checksums(category: Category, ids: Sequence[int]) -> Mapping[int, bytes]:
    """By id, the checksums of live replicas. Needs a session."""
    replica = _REPLICAS.get(category)
    if replica is None or not ids:
        return {}
    return dict(tuples_of(replica.select(replica.id, replica.checksum).where(replica.id.in_(ids))))


def _versions(category: Category, *, tombstones: bool) -> list[tuple[int, int]]:
    replica = _REPLICAS.get(category)
    if replica is None:
        return []
    rows = replica.select(replica.id, replica.version).where(replica.tombstone == tombstones)
    return tuples_of(rows.order_by(replica.id))
