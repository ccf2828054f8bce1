"""What the replicas that a region holds have in common: control alone writes them, each with its state as sent."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from google.protobuf.message import DecodeError, Message

from region_silo.models.replica import Replica
from shared.database.database import Database
from shared.database.model import fields_of, table_of
from shared.database.transaction import Transaction
from shared.domain.peer import CONTROL
from shared.errors import InvalidInput, SiloError
from shared.outbox.apply import ReplicaTable
from shared.outbox.edition import checksum_of
from shared.outbox.kind import HeldKind, refuse_others
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class RegionKind(HeldKind):
    """A category that control owns. A kind names the model of its replicas, which says by what they are found."""

    model: ClassVar[type[Replica]]

    def __init_subclass__(cls) -> None:
        # From the model, so that a column is named once; `row` gives the values in the order of its fields.
        cls.name, cls.columns = table_of(cls.model), tuple(field.column_name for field in fields_of(cls.model))

    @abstractmethod
    def row(self, change: replica_pb2.Change) -> tuple[Any, ...]:
        """The row of a change, a tombstone included.

        Raises:
            InvalidInput: the change can never be applied.
        """

    def table_for(self, caller: str) -> ReplicaTable:
        refuse_others(caller, owner=CONTROL)
        return self

    def applied(self, tx: Transaction, changes: Sequence[replica_pb2.Change]) -> None:
        """Nothing belongs to a replica but its row."""

    def checksums_anew(self, database: Database, rows: Sequence[Sequence[Any]]) -> Iterable[bytes]:
        """A row whose columns are not those of its own state says none: reads that find it by them would be wrong."""
        for row, change in zip(rows, self.restored(database, rows), strict=True):
            try:
                # As if it came again: whatever is judged of a change, and made of it, is judged and made once more.
                made = self.row(change) if change else ()
            except SiloError:
                made = ()
            yield made[CHECKSUM] if tuple(made[CHECKSUM:]) == tuple(row[CHECKSUM:]) and made else b""

    def restored(self, database: Database, rows: Sequence[Sequence[Any]]) -> Iterable[replica_pb2.Change | None]:
        """The change that each row was made of; None where its state cannot be read. Needs a session."""
        for row in rows:
            change = replica_pb2.Change(object_id=row[0], version=row[1])
            yield change if is_read(getattr(change, self.category.value), row[STATE]) else None


CHECKSUM, STATE = (
    next(number for number, each in enumerate(fields_of(Replica)) if each.column_name == name)
    for name in ("checksum", "state")
)
"""Where the two are among the values of a row; those that a kind adds follow."""


def is_read(message: Message, state: bytes) -> bool:
    """Whether a state is one of that message, which is filled with it."""
    try:
        message.ParseFromString(state)
    except DecodeError:
        return False
    # An empty one has to be there all the same: without a state a change is a tombstone.
    message.SetInParent()
    return True


def replica(change: replica_pb2.Change, *, part: Message | None = None) -> tuple[Any, ...]:
    """The values of the columns that every ``Replica`` has.

    Args:
        change: what arrived.
        part: what is kept of its state; None: all. Ignored for a tombstone.
    """
    kind = change.WhichOneof("state")
    if kind is None:
        return change.object_id, change.version, True, checksum_of(None), b""
    # The checksum is of the whole state, also where only a part of it is kept: the owner computes it of what it sends.
    whole = state_bytes(getattr(change, kind))
    stored = whole if part is None else state_bytes(part)
    return change.object_id, change.version, False, checksum_of(whole), stored


def require_same_id(change: replica_pb2.Change, object_id: int) -> None:
    """Raises:
    InvalidInput: the id of the state is not the object's.
    """
    if object_id != change.object_id and change.WhichOneof("state") is not None:
        raise InvalidInput(f"object_id: {change.object_id} is not the id of the state, {object_id}.")


def state_bytes(message: Message) -> bytes:
    """Deterministic, so that equal states have equal bytes on every silo."""
    return message.SerializeToString(deterministic=True)
