"""The categories of the code are those of the contract, each with an owner."""

from typing import Any

from shared.category import Category, Owner, number_of, owned_by
from shared.pb.hybridcloud.replication.v1 import replica_pb2

VALUES = replica_pb2.Category.DESCRIPTOR.values[1:]
OWNER: Any = replica_pb2.owner


def test_the_code_has_a_word_for_every_category_of_the_contract() -> None:
    assert [number_of(category) for category in Category] == [value.number for value in VALUES]


def test_a_category_is_named_as_in_the_contract() -> None:
    assert [f"CATEGORY_{category.value.upper()}" for category in Category] == [value.name for value in VALUES]


def test_every_category_of_the_contract_names_its_owner() -> None:
    assert [value.name for value in VALUES if not value.GetOptions().Extensions[OWNER]] == []


def test_a_change_can_carry_the_state_of_every_category() -> None:
    states = [field.name for field in replica_pb2.Change.DESCRIPTOR.oneofs_by_name["state"].fields]
    assert states == [category.value for category in Category]


def test_each_category_has_one_owner() -> None:
    assert sorted([*owned_by(Owner.CONTROL), *owned_by(Owner.REGION)]) == sorted(Category)
