"""Kinds: what a silo has to say of each category, and the list of all that it says.

A kind is one class in ``<silo>/replication/<category>.py``, found there by the name of its category. In the silo that
owns the objects it says how a state is made of their rows, in a silo that holds them what becomes of a state there; all
else is the same for every kind, and done by the engine. Refuses to know any category, and to pass over one: a category
without its kind is an error.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from inspect import isabstract
from typing import Any, ClassVar, TypeAlias

from google.protobuf.message import Message

from shared.category import Category, number_of
from shared.database.database import Database
from shared.errors import InvalidInput, PermissionDenied, RegionNotFound
from shared.outbox.apply import ReplicaTable
from shared.outbox.edition import EVERYTHING, Listed, Part
from shared.pb.hybridcloud.replication.v1 import replica_pb2

Tables: TypeAlias = Mapping["replica_pb2.Category", ReplicaTable]


@dataclass(frozen=True)
class Kind(ABC):
    """What one silo knows of a category."""

    silo: str
    """The name of the silo."""
    category: ClassVar[Category]


class OwnedKind(Kind):
    """A category in the silo that owns its objects."""

    live: ClassVar[str]
    """A ``SELECT`` of the ids of all objects that a state can be made of, each once."""
    numbered: ClassVar[Any] = None
    """The model by whose ids the objects go; None: their ids are given out by another silo."""
    schema: ClassVar[int] = 1
    """Counted up by whoever changes the form of the states, so that a migration makes all of them anew."""

    @abstractmethod
    def states(self, ids: Collection[int]) -> Iterable[tuple[int, Message]]:
        """The id and the state of each of these objects that is live: the field of ``Change`` that the category names.

        A few statements for any number of objects. Never learns who asks, so a state is the same for every holder.
        Needs a session.
        """


class HeldKind(Kind):
    """A category in a silo that holds replicas of its objects."""

    numbered: ClassVar[Any] = None
    """The model by whose ids the objects go, where this silo gives them out; None: their owner does."""
    name: ClassVar[str]
    """The name of the table, which has the columns ``id``, ``version``, ``tombstone`` and ``checksum``."""
    columns: ClassVar[tuple[str, ...]]
    """All columns of the table, ``id`` and ``version`` first."""

    @abstractmethod
    def table_for(self, caller: str) -> ReplicaTable:
        """The table, as the silo that calls may write it.

        Raises:
            PermissionDenied: it may not.
        """

    def look_up(self, object_ids: Sequence[int]) -> bool:
        """Rows are judged by the changes alone."""
        return False

    def list_held(self, database: Database, *, part: Part = EVERYTHING, tombstones: bool = False) -> Listed:
        """The live replicas, or the tombstones alone, as far as whoever calls may know of them. Needs a session."""
        # Parts by id and bucket, so that no silo lists a million objects in one answer.
        clause, parameters = part.clause("id")
        known, restriction = self.known_to_caller()
        statement = f"SELECT id, version, checksum FROM {self.name} WHERE tombstone = ? AND {known} AND {clause}"
        return database.rows(statement, (tombstones, *restriction, *parameters))

    def list_anew(self, database: Database, *, part: Part) -> Listed:
        """Like ``list_held``, but with the checksums of what is stored now, not with those that were noted as it came.

        Needs a session.
        """
        clause, parameters = part.clause("id")
        known, restriction = self.known_to_caller()
        statement = f"SELECT {', '.join(self.columns)} FROM {self.name} WHERE NOT tombstone AND {known} AND {clause}"
        rows = database.rows(statement, (*restriction, *parameters))
        checksums = self.checksums_anew(database, rows)
        return [(row[0], row[1], checksum) for row, checksum in zip(rows, checksums, strict=True)]

    @abstractmethod
    def checksums_anew(self, database: Database, rows: Sequence[Sequence[Any]]) -> Iterable[bytes]:
        """The checksum of the state that each row says; empty where it is not as it was stored. Needs a session.

        Args:
            database: of this silo.
            rows: live replicas, with the values of ``columns``.
        """

    def greatest_id(self, database: Database) -> int:
        """The greatest id that this silo has ever held, as far as whoever calls may know of it. Needs a session."""
        known, restriction = self.known_to_caller()
        statement = f"SELECT coalesce(max(id), 0) FROM {self.name} WHERE {known}"
        ((greatest,),) = database.rows(statement, restriction)
        return int(greatest)

    def known_to_caller(self) -> tuple[str, Sequence[Any]]:
        """A condition on the table's rows that whoever calls may know of, and its parameters."""
        return "true", ()


@dataclass(frozen=True)
class Kinds:
    """Every kind of one silo, in the order of the contract."""

    owned: tuple[OwnedKind, ...] = ()
    held: tuple[HeldKind, ...] = ()
    is_told: Callable[[str], bool] = lambda name: False
    """Whether a silo of that name is told of what is owned here. Needs a session."""
    numbered: Mapping[str, Any] = field(default_factory=dict)
    """Models by whose ids something goes that has no category of its own and that holders hear of all the same."""
    mentioned: Mapping[str, str] = field(default_factory=dict)
    """In a silo that hears of such ids, by the same words: a ``SELECT`` of the greatest one, or of null."""

    @classmethod
    def found_in(
        cls,
        package: str,
        *,
        silo: str,
        is_told: Callable[[str], bool],
        numbered: Mapping[str, Any] | None = None,
        mentioned: Mapping[str, str] | None = None,
    ) -> "Kinds":
        """Args:
            package: the dotted name of a package that has a module of each category's name, and a kind in each.
            silo: the name of the silo that it is.
            is_told: as the field; so are the others.
            numbered: none unless it is given.
            mentioned: likewise.

        Raises:
            ModuleNotFoundError: a category has no module.
            LookupError: the module of a category has no kind of it.
        """
        # Looked for by name and not registered: a file that nobody imports would be a kind that nobody misses.
        kinds = [_kind_class(f"{package}.{category}", category)(silo) for category in Category]
        return cls(
            owned=tuple(kind for kind in kinds if isinstance(kind, OwnedKind)),
            held=tuple(kind for kind in kinds if isinstance(kind, HeldKind)),
            is_told=is_told,
            numbered=numbered or {},
            mentioned=mentioned or {},
        )

    def owned_kind(self, category: Category) -> OwnedKind:
        """Raises:
        InvalidInput: this silo owns no objects of the category.
        """
        # There are a handful; a table of them would be one more thing to keep right.
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

    def mentioned_ids(self, database: Database) -> dict[str, int]:
        """The greatest ids that were heard of, by what they are of. Needs a session."""
        found = {word: database.rows(statement)[0][0] for word, statement in self.mentioned.items()}
        return {word: int(greatest) for word, greatest in found.items() if greatest}

    def check_told(self, name: str) -> None:
        """Raises:
        RegionNotFound: no silo of that name is told of what is owned here.
        """
        if not self.is_told(name):
            raise RegionNotFound(f"No silo {name!r} is told of what this one owns.", metadata={"silo": name})

    def tables_for(self, caller: str) -> Tables:
        """The replica tables that the silo that calls may write.

        Raises:
            PermissionDenied: it may write none here.
        """
        # Made for each caller, since a kind may let each silo write its own rows alone.
        return {number_of(kind.category): kind.table_for(caller) for kind in self.held}


def _kind_class(module: str, category: Category) -> type[Kind]:
    classes = [each for each in vars(import_module(module)).values() if isinstance(each, type)]
    # What the module imports is among its names too, such as the base of a region's kinds.
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
