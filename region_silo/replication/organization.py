"""Organizations, which the region owns where they live. Control holds all of them, and nobody else any."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from region_silo.models.organization import Organization
from region_silo.services.organization import organization_message
from shared.category import Category, number_of
from shared.database.locking import locked
from shared.database.model import tuples_of
from shared.database.transaction import Transaction
from shared.domain.peer import CONTROL
from shared.errors import RegionNotFound
from shared.outbox.enqueue import enqueue
from shared.outbox.kind import OwnedKind, Versions
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class OrganizationKind(OwnedKind):
    category = Category.ORGANIZATION

    def load(self, ids: Sequence[int], *, destination: str) -> Iterable[replica_pb2.Change]:
        for organization in Organization.select().where(Organization.id.in_(ids)):
            state = replica_pb2.OrganizationState(organization=organization_message(organization, self.silo))
            yield replica_pb2.Change(
                category=number_of(self.category),
                object_id=organization.id,
                version=organization.version,
                organization=state,
            )

    def list_versions(self, *, destination: str) -> Versions:
        _require_control(destination)
        return tuples_of(Organization.select(Organization.id, Organization.version).order_by(Organization.id))

    def repair(self, tx: Transaction, held: Mapping[int, int], *, destination: str, now: datetime) -> Collection[int]:
        """An organization that is not here is left alone: it may be another region's."""
        _require_control(destination)
        here = Organization.select(Organization.id, Organization.version).where(Organization.id.in_(list(held)))
        versions = dict(tuples_of(locked(tx, here.order_by(Organization.id))))
        for organization_id, version in versions.items():
            if version <= held[organization_id]:
                outranking = Organization.update(version=held[organization_id] + 1)
                outranking.where(Organization.id == organization_id).execute()
        enqueue(tx, self.category, versions, destinations=[CONTROL], now=now)
        return held.keys() - versions.keys()


def _require_control(destination: str) -> None:
    if destination != CONTROL:
        raise RegionNotFound("A region tells control alone of its organizations.", metadata={"silo": destination})
