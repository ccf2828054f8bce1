"""Kinds: what a silo has to say of each category, and the list of all that it says.

A kind is one class in ``<silo>/replication/<category>.py``, found there by the name of its category. The engine reads
objects, their versions and their replicas through the kinds alone. Refuses to know any category, and to pass over one:
a category without its kind is an error.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from inspect import isabstract
from typing import ClassVar, TypeAlias

from shared.category import Category, number_of
from shared.database.database import Database
from shared.database.transaction import Transaction
from shared.errors import InvalidInput, PermissionDenied
from shared.outbox.apply import ReplicaTable
from shared.pb.hybridcloud.replication.v1 import replica_pb2

Versions: TypeAlias = Sequence[tuple[int, int]]
"""Id and version of objects, in id order."""
Tables: TypeAlias = Mapping["replica_pb2.Category", ReplicaTable]


@dataclass(frozen=True)
class Kind(ABC):
    """What one silo knows of a category."""

    silo: str
    """The name of the silo."""
    category: ClassVar[Category]


class OwnedKind(Kind):
    """A category in the silo that owns its objects."""

    @abstractmethod
    def load(self, ids: Sequence[int], *, destination: str) -> Iterable[replica_pb2.Change]:
        """The state of each object that the destination should hold, or its tombstone. Needs a snapshot.

        An object that has neither was never committed, and is left out.
        """

    @abstractmethod
    def list_versions(self, *, destination: str) -> Versions:
        """Every object that the destination should hold. Needs a session."""

    @abstractmethod
    def repair(self, tx: Transaction, held: Mapping[int, int], *, destination: str, now: datetime) -> Collection[int]:
        """Gives each object a newer version than the one held, unless it has one, and makes it due.

        Args:
            tx: the transaction to do it in.
            held: by object id, the version that the destination holds; 0 for nothing.
            destination: the silo that holds the replicas.
            now: the instant of the repair.

        Returns:
            Ids of objects that are not this silo's.

        Raises:
            RegionNotFound: this silo sends nothing to such a destination.
        """


class HeldKind(Kind):
    """A category in a silo that holds replicas of its objects."""

    name: ClassVar[str]
    """The name of the table, which has the columns ``id``, ``version`` and ``tombstone``."""

    @abstractmethod
    def table_for(self, caller: str) -> ReplicaTable:
        """The table, as the silo that calls may write it.

        Raises:
            PermissionDenied: it may not.
        """

    @abstractmethod
    def checksums(self, database: Database, ids: Sequence[int]) -> Mapping[int, bytes]:
        """By id, the ``state_checksum`` of live replicas. Needs a session."""

    def versions(self, database: Database, *, tombstones: bool) -> Versions:
        """The live replicas, or the tombstones alone, as far as whoever calls may know of them. Needs a session."""
        statement = f"SELECT id, version FROM {self.name} WHERE tombstone = ? ORDER BY id"
        return database.rows(statement, (tombstones,))


@dataclass(frozen=True)
class Kinds:
    """Every kind of one silo, in the order of the contract."""

    owned: tuple[OwnedKind, ...] = ()
    held: tuple[HeldKind, ...] = ()

    @classmethod
    def found_in(cls, package: str, *, silo: str) -> "Kinds":
        """Args:
            package: the dotted name of a package that has a module of each category's name, and a kind in each.
            silo: the name of the silo that it is.

        Raises:
            ModuleNotFoundError: a category has no module.
            LookupError: the module of a category has no kind of it.
        """
        kinds = [_kind_class(f"{package}.{category}", category)(silo) for category in Category]
        return cls(
            owned=tuple(kind for kind in kinds if isinstance(kind, OwnedKind)),
            held=tuple(kind for kind in kinds if isinstance(kind, HeldKind)),
        )

    def owned_kind(self, category: Category) -> OwnedKind:
        """Raises:
        InvalidInput: this silo owns no objects of the category.
        """
        for kind in self.owned:
            if kind.category is category:
                return kind
        raise InvalidInput.at("category", f"this silo owns no objects of {category.value}.")

    def held_kind(self, category: Category) -> HeldKind:
        """Raises:
        InvalidInput: this silo keeps no replicas of the category.
        """
        for kind in self.held:
            if kind.category is category:
                return kind
        raise InvalidInput.at("category", f"this silo keeps no replicas of {category.value}.")

    def load(self, category: Category, object_ids: Sequence[int], *, destination: str) -> Iterable[replica_pb2.Change]:
        """Implements ``Load``."""
        return self.owned_kind(category).load(object_ids, destination=destination)

    def tables_for(self, caller: str) -> Tables:
        """The replica tables that the silo that calls may write.

        Raises:
            PermissionDenied: it may write none here.
        """
        return {number_of(kind.category): kind.table_for(caller) for kind in self.held}


def _kind_class(module: str, category: Category) -> type[Kind]:
    classes = [each for each in vars(import_module(module)).values() if isinstance(each, type)]
    kinds = [each for each in classes if issubclass(each, Kind) and not isabstract(each)]
    for kind in kinds:
        if kind.category is category:
            return kind
    raise LookupError(f"{module} has no kind of {category}: a class that says `category = Category.{category.name}`.")


def refuse_others(caller: str, *, owner: str) -> None:
    """Raises:
    PermissionDenied: it is not the owner who calls.
    """
    if caller != owner:
        raise PermissionDenied(f"Only {owner} may change these replicas.")
