"""Changes as they are sent: like ``Change``, but each state is bytes that nobody has to read on the way.

A message inside a message and a field of bytes are the same on the wire. An edition has its state serialized already: a
sender that parsed it to serialize it again would spend on that most of its time.
"""

from collections.abc import Iterable
from typing import Protocol

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from shared.category import Category, number_of
from shared.pb.hybridcloud.replication.v1 import replica_pb2

_Field = descriptor_pb2.FieldDescriptorProto
_CHANGES_KEY = b"\x0a"
"""Field 1 of ``ApplyChangesRequest``, of which there are many: the next is a change, behind its length."""


class SentChange(Protocol):
    """What a sender has to know of a change. Every ``Change`` is one, and what ``sent_change`` makes."""

    category: "replica_pb2.Category"
    object_id: int
    version: int

    def ByteSize(self) -> int:  # noqa: N802 - protobuf's name
        ...

    def SerializeToString(self) -> bytes:  # noqa: N802 - protobuf's name
        ...


def sent_change(category: Category, object_id: int, *, version: int, schema: int, state: bytes | None) -> SentChange:
    """A change of an edition; a tombstone where there is no state."""
    change: SentChange = _TWIN(category=number_of(category), object_id=object_id, version=version, schema=schema)
    if state is not None:
        # Also of a state without a single field, which is not a tombstone.
        setattr(change, category, state)
    return change


def request_body(changes: Iterable[bytes]) -> bytes:
    """A serialized ``ApplyChangesRequest`` of serialized changes."""
    parts: list[bytes] = []
    for change in changes:
        parts += (_CHANGES_KEY, _varint(len(change)), change)
    return b"".join(parts)


def _varint(number: int) -> bytes:
    """Seven bits in each byte, the lowest first; all but the last have their highest bit set."""
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def _twin() -> type:
    """The class of a message like ``Change`` whose states are bytes, made of the contract so that it cannot differ."""
    file = descriptor_pb2.FileDescriptorProto(name="twin.proto", package="silo.twin", syntax="proto3")
    twin = file.message_type.add()
    replica_pb2.Change.DESCRIPTOR.CopyToProto(twin)
    for each in twin.field:
        if each.type == _Field.TYPE_MESSAGE:
            each.type = _Field.TYPE_BYTES
        elif each.type == _Field.TYPE_ENUM:
            each.type = _Field.TYPE_INT32
        each.ClearField("type_name")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("silo.twin.Change"))


_TWIN = _twin()
