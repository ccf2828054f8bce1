"""What the replicas that a region holds have in common: control alone writes them, each with its state as sent."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from google.protobuf.message import Message

from region_silo.models.replica import Replica
from shared.database.model import fields_of, table_of
from shared.database.transaction import Transaction
from shared.domain.peer import CONTROL
from shared.errors import InvalidInput
from shared.outbox.apply import ReplicaTable
from shared.outbox.edition import checksum_of
from shared.outbox.kind import HeldKind, refuse_others
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class RegionKind(HeldKind):
    """A category that control owns. A kind names the model of its replicas, which says by what they are found."""

    model: ClassVar[type[Replica]]
    columns: ClassVar[tuple[str, ...]]

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
    if change.WhichOneof("state") is not None and object_id != change.object_id:
        raise InvalidInput(f"object_id: {change.object_id} is not the id of the state, {object_id}.")


def state_bytes(message: Message) -> bytes:
    """Deterministic, so that equal states have equal bytes on every silo."""
    return message.SerializeToString(deterministic=True)
