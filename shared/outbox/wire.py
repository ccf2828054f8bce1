"""Changes as they are sent: like ``Change``, but each state is bytes that nobody has to read on the way.

A message inside a message and a field of bytes are the same on the wire. An edition has its state serialized already: a
sender that parsed it to serialize it again would spend on that most of its time.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from shared.category import Category, number_of
from shared.pb.hybridcloud.replication.v1 import replica_pb2, replica_service_pb2

_Field = descriptor_pb2.FieldDescriptorProto


class SentChange(NamedTuple):
    """A change of an edition."""

    category: Category
    object_id: int
    version: int
    schema: int
    state: bytes | None
    """None: a tombstone. A state without a single field is none."""


def request_body(changes: Iterable[SentChange]) -> bytes:
    """A serialized ``ApplyChangesRequest``."""
    # Of dictionaries, in one step for all of them: a message made for each takes twice as long.
    request = _TWIN(changes=[_fields(change) for change in changes])
    return bytes(request.SerializeToString())


def _fields(change: SentChange) -> dict[str, Any]:
    category, object_id, version, schema, state = change
    number = number_of(category)
    fields: dict[str, Any] = {"category": number, "object_id": object_id, "version": version, "schema": schema}
    if state is not None:
        fields[category] = state
    return fields


def _twin() -> type:
    """The class of a request whose states are bytes, made of the contract so that it cannot differ."""
    file = descriptor_pb2.FileDescriptorProto(name="twin.proto", package="silo.twin", syntax="proto3")
    change = file.message_type.add()
    replica_pb2.Change.DESCRIPTOR.CopyToProto(change)
    for each in change.field:
        if each.type == _Field.TYPE_MESSAGE:
            each.type = _Field.TYPE_BYTES
        elif each.type == _Field.TYPE_ENUM:
            each.type = _Field.TYPE_INT32
        each.ClearField("type_name")
    request = file.message_type.add()
    replica_service_pb2.ApplyChangesRequest.DESCRIPTOR.CopyToProto(request)
    request.field[0].type_name = ".silo.twin.Change"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("silo.twin.ApplyChangesRequest"))


_TWIN = _twin()
