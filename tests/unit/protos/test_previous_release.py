"""Nothing of the contracts was taken away or made otherwise since the previous release: its silos go on beside today's.

It needs no history: what the release said is kept here. ``tests/e2e/test_two_releases.py`` runs it, where there is one.
"""

from collections.abc import Iterator, Sequence

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

from tests.unit.protos.record_previous_release import PREVIOUS

BEFORE = FileDescriptorSet.FromString(PREVIOUS.read_bytes()).file


def messages(files: Sequence[FileDescriptorProto]) -> dict[str, DescriptorProto]:
    """Every message by its full name, those within others included."""

    def walk(prefix: str, found: Sequence[DescriptorProto]) -> Iterator[tuple[str, DescriptorProto]]:
        for each in found:
            yield f"{prefix}.{each.name}", each
            yield from walk(f"{prefix}.{each.name}", each.nested_type)

    return {name: each for file in files for name, each in walk(file.package, file.message_type)}


def enums(files: Sequence[FileDescriptorProto]) -> dict[str, EnumDescriptorProto]:
    """Every enum by its full name."""
    top = {f"{file.package}.{each.name}": each for file in files for each in file.enum_type}
    nested = {f"{name}.{each.name}": each for name, message in messages(files).items() for each in message.enum_type}
    return top | nested


def methods(files: Sequence[FileDescriptorProto]) -> dict[str, tuple[str, str]]:
    """What each method takes and answers, by its full name."""
    return {
        f"{file.package}.{service.name}/{method.name}": (method.input_type, method.output_type)
        for file in files
        for service in file.service
        for method in service.method
    }


def form(field: FieldDescriptorProto) -> tuple[object, ...]:
    """What a field's bytes depend on, and its name, by which JSON has it."""
    return field.name, field.type, field.label, field.type_name


def changed(before: DescriptorProto, now: DescriptorProto) -> list[str]:
    """Names of fields that are not what they were. One that is gone has to have its number reserved."""
    fields = {each.number: form(each) for each in now.field}
    reserved = {number for each in now.reserved_range for number in range(each.start, each.end)}
    return [
        each.name
        for each in before.field
        if fields.get(each.number) != form(each) and (each.number in fields or each.number not in reserved)
    ]


def test_every_message_is_there_with_its_fields_as_they_were(contracts: Sequence[FileDescriptorProto]) -> None:
    now = messages(contracts)
    broken = {name: changed(each, now[name]) for name, each in messages(BEFORE).items() if name in now}
    assert {name: fields for name, fields in broken.items() if fields} == {}
    assert messages(BEFORE).keys() - now.keys() == set()


def test_every_value_of_an_enum_means_what_it_meant(contracts: Sequence[FileDescriptorProto]) -> None:
    now = {name: {value.number: value.name for value in each.value} for name, each in enums(contracts).items()}
    for name, each in enums(BEFORE).items():
        assert {value.number: value.name for value in each.value}.items() <= now[name].items(), name


def test_every_method_takes_and_answers_what_it_did(contracts: Sequence[FileDescriptorProto]) -> None:
    assert methods(BEFORE).items() <= methods(contracts).items()


def test_a_field_that_is_gone_or_another_is_noticed() -> None:
    before, another, reserved = DescriptorProto(), DescriptorProto(), DescriptorProto()
    before.field.add(name="a", number=1, type=FieldDescriptorProto.TYPE_STRING)
    before.field.add(name="b", number=2, type=FieldDescriptorProto.TYPE_STRING)
    another.field.add(name="a", number=1, type=FieldDescriptorProto.TYPE_INT64)
    reserved.field.append(before.field[0])
    reserved.reserved_range.add(start=2, end=3)
    assert (changed(before, another), changed(before, reserved), changed(before, before)) == (["a", "b"], [], [])
