"""Whoever reads a contract finds, beside everything in it, what it means."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    ServiceDescriptorProto,
)

Place: TypeAlias = tuple[int, ...]
"""Where a thing stands in its file, as in ``SourceCodeInfo.Location.path``: field numbers and indexes, alternating."""

Named: TypeAlias = tuple[Place, str]


def test_everything_has_a_comment_above_it(contracts: Sequence[FileDescriptorProto]) -> None:
    assert [name for contract in contracts for name in _uncommented(contract)] == []


def test_a_comment_is_made_of_sentences(contracts: Sequence[FileDescriptorProto]) -> None:
    comments = [comment for contract in contracts for comment in _comments(contract).values()]
    assert [comment for comment in comments if not comment.strip().endswith((".", ":"))] == []


def test_a_missing_comment_is_noticed(contracts: Sequence[FileDescriptorProto]) -> None:
    contract = FileDescriptorProto()
    contract.CopyFrom(next(contract for contract in contracts if contract.name.endswith("/replica_service.proto")))
    contract.ClearField("source_code_info")
    missing = set(_uncommented(contract))
    assert {"ReplicaService", "ReplicaService.GetDigests", "ChangeResult.Outcome.OUTCOME_STALE"} <= missing


def _uncommented(contract: FileDescriptorProto) -> Iterator[str]:
    comments = _comments(contract)
    return (name for place, name in _named(contract) if not comments.get(place, "").strip())


def _comments(contract: FileDescriptorProto) -> dict[Place, str]:
    return {
        tuple(location.path): location.leading_comments
        for location in contract.source_code_info.location
        if location.leading_comments
    }


def _named(contract: FileDescriptorProto) -> Iterator[Named]:
    """Every service, rpc, message, field, oneof, enum and enum value."""
    for i, message in enumerate(contract.message_type):
        yield from _in_message(message, (FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER, i), message.name)
    for i, enum in enumerate(contract.enum_type):
        yield from _in_enum(enum, (FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER, i), enum.name)
    for i, service in enumerate(contract.service):
        place = (FileDescriptorProto.SERVICE_FIELD_NUMBER, i)
        yield place, service.name
        for j, method in enumerate(service.method):
            yield (*place, ServiceDescriptorProto.METHOD_FIELD_NUMBER, j), f"{service.name}.{method.name}"


def _in_message(message: DescriptorProto, place: Place, name: str) -> Iterator[Named]:
    if message.options.map_entry:
        return
    yield place, name
    for i, field in enumerate(message.field):
        yield (*place, DescriptorProto.FIELD_FIELD_NUMBER, i), f"{name}.{field.name}"
    for i, oneof in enumerate(message.oneof_decl):
        if not _is_synthetic(message, i):
            yield (*place, DescriptorProto.ONEOF_DECL_FIELD_NUMBER, i), f"{name}.{oneof.name}"
    for i, nested in enumerate(message.nested_type):
        yield from _in_message(nested, (*place, DescriptorProto.NESTED_TYPE_FIELD_NUMBER, i), f"{name}.{nested.name}")
    for i, enum in enumerate(message.enum_type):
        yield from _in_enum(enum, (*place, DescriptorProto.ENUM_TYPE_FIELD_NUMBER, i), f"{name}.{enum.name}")


def _is_synthetic(message: DescriptorProto, oneof: int) -> bool:
    """True for the oneof that the compiler makes up for an ``optional`` field: no source, so no comment."""
    return any(field.proto3_optional and field.oneof_index == oneof for field in message.field)


def _in_enum(enum: EnumDescriptorProto, place: Place, name: str) -> Iterator[Named]:
    yield place, name
    for i, value in enumerate(enum.value):
        yield (*place, EnumDescriptorProto.VALUE_FIELD_NUMBER, i), f"{name}.{value.name}"
