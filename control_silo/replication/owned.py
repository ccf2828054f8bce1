"""What the kinds that control owns have in common: interest, tombstones, and being outranked in a repair."""

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from control_silo.models.app import SentryApp
from control_silo.models.record import Tombstone
from control_silo.models.region import RegisteredRegion
from control_silo.services.interest import held_in, kept_in, regions_by_id
from shared.category import Category, number_of
from shared.database.locking import locked, pass_over_ids
from shared.database.model import table_of, tuples_of
from shared.database.row import rows_by_id
from shared.database.transaction import Transaction
from shared.errors import RegionNotFound
from shared.outbox.enqueue import enqueue_each
from shared.outbox.kind import OwnedKind, Versions
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class ControlKind(OwnedKind):
    """A category whose objects are rows with a version, of interest to some regions.

    What a kind adds is how a state is made: it never learns who asks, so a state is the same for every region.
    """

    model: ClassVar[Any]
    """Whose rows they are: a model with the columns ``id`` and ``version``."""
    numbered: ClassVar[Any] = None
    """Whose ids the objects have; None: the model's own."""

    @abstractmethod
    def states(self, ids: Collection[int]) -> Iterable[replica_pb2.Change]:
        """The states of these objects, which are live, each at its version; a few statements for any number."""

    @abstractmethod
    def apps_of(self, ids: Sequence[int]) -> Sequence[int]:
        """Ids of the apps that these objects are or belong to: whoever changes the objects locks those first."""

    def load(self, ids: Sequence[int], *, destination: str) -> Iterable[replica_pb2.Change]:
        # Interest is asked for anew: it may have changed since the message was enqueued, in either direction.
        gone, kept = set(ids), kept_in(self.category, destination, ids)
        for change in self.states(kept) if kept else ():
            gone.discard(change.object_id)
            yield change
        yield from self._tombstones(gone)

    def list_versions(self, *, destination: str) -> Versions:
        wanted = self.model.id.in_(held_in(self.category, destination))
        return tuples_of(self.model.select(self.model.id, self.model.version).where(wanted).order_by(self.model.id))

    def repair(self, tx: Transaction, held: Mapping[int, int], *, destination: str, now: datetime) -> Collection[int]:
        """What control has lost gets a tombstone: it owns these objects, so no region may keep one.

        An object of an organization that control does not know is left alone: its region may be the one that holds it.
        """
        if not RegisteredRegion.select().where(RegisteredRegion.name == destination).exists():
            raise RegionNotFound(metadata={"region": destination})
        # A new object with the id of one that control has lost, say by a restored backup, would meet the tombstone of
        # that one, and whatever a region still knows by the id. Comes first: it may wait for whoever writes the table.
        pass_over_ids(tx, self.numbered or self.model, newest=max(held))
        versions = self._lock(tx, sorted(held))
        regions = regions_by_id(self.category, versions)
        unknown = {each for each, found in regions.items() if None in found and destination not in found}
        wanted = held.keys() - unknown
        outranked = [each for each in versions.keys() & wanted if versions[each] <= held[each]]
        for object_id in outranked:
            self.model.update(version=held[object_id] + 1).where(self.model.id == object_id).execute()
        lost = {object_id: held[object_id] for object_id in held.keys() - versions.keys()}
        _leave_tombstones(tx, self.category, lost, destination=destination)
        # What has a newer version has it wherever it should be held.
        everywhere = {(region, each) for each in outranked for region in regions.get(each, ()) if region is not None}
        enqueue_each(tx, self.category, everywhere | {(destination, each) for each in wanted}, now=now)
        return unknown

    def _lock(self, tx: Transaction, ids: Sequence[int]) -> dict[int, int]:
        """Versions by id of the objects that have rows; holds these until the transaction ends, and their apps."""
        apps = SentryApp.select(SentryApp.id).where(SentryApp.id.in_(self.apps_of(ids)))
        list(locked(tx, apps.order_by(SentryApp.id)))
        rows = self.model.select(self.model.id, self.model.version).where(self.model.id.in_(ids))
        return dict(tuples_of(locked(tx, rows.order_by(self.model.id))))

    def _tombstones(self, ids: Collection[int]) -> Iterable[replica_pb2.Change]:
        """Tombstones of what the region should not hold: at the version of its row, or at the one that it left."""
        statement = f"SELECT id, version FROM {table_of(self.model)} WHERE id "  # noqa: S608 - a name of ours
        versions = dict(rows_by_id(statement, ids))
        without_row = set(ids) - versions.keys()
        statement = "SELECT object_id, version FROM tombstone WHERE category = ? AND object_id "
        versions |= dict(rows_by_id(statement, without_row, self.category.value))
        for object_id, version in sorted(versions.items()):
            yield replica_pb2.Change(category=number_of(self.category), object_id=object_id, version=version)


def _leave_tombstones(tx: Transaction, category: Category, lost: Mapping[int, int], *, destination: str) -> None:
    """Leaves a tombstone of each object that has no row any more, newer than the version that is held of it."""
    known = Tombstone.select(Tombstone.object_id, Tombstone.version).where(
        Tombstone.category == category, Tombstone.object_id.in_(list(lost))
    )
    versions = dict(tuples_of(known))
    rows = [
        {
            "category": category,
            "object_id": object_id,
            "version": max(held + 1, versions.get(object_id, 0)),
            "destination": destination,
        }
        for object_id, held in sorted(lost.items())
    ]
    if rows:
        Tombstone.insert_many(rows).on_conflict(
            conflict_target=[Tombstone.category, Tombstone.object_id], preserve=[Tombstone.version]
        ).execute()
