"""What kinds of object are replicated, and who owns them. Refuses to know any silo's tables.

Everything here is read from the contract: a kind that it gains has its word, its number and its owner from there.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from shared.pb.hybridcloud.replication.v1 import replica_pb2
from shared.pb.hybridcloud.replication.v1.category import Category

__all__ = ["Category", "Owner", "category_of", "is_category", "number_of", "owned_by", "owner_of"]


class Owner(Enum):
    """Which silo owns the objects of a category; the other one holds replicas of them."""

    CONTROL = replica_pb2.OWNER_CONTROL
    REGION = replica_pb2.OWNER_REGION


_VALUES = {
    category: replica_pb2.Category.DESCRIPTOR.values_by_name[f"CATEGORY_{category.name}"] for category in Category
}
_NUMBERS: Mapping[Category, "replica_pb2.Category"] = {
    category: getattr(replica_pb2, value.name) for category, value in _VALUES.items()
}
_CATEGORIES = {number: category for category, number in _NUMBERS.items()}
_OWNER_OPTION: Any = replica_pb2.owner  # its stub takes an extension for a plain field
_OWNERS = {category: Owner(value.GetOptions().Extensions[_OWNER_OPTION]) for category, value in _VALUES.items()}


def number_of(category: Category) -> "replica_pb2.Category":
    """The value on the wire."""
    return _NUMBERS[category]


def category_of(number: "replica_pb2.Category") -> Category:
    """The category of a value from the wire.

    Raises:
        KeyError: there is none.
    """
    return _CATEGORIES[number]


def is_category(number: int) -> bool:
    """Whether a number from the wire is none that only a later release knows."""
    # 0 is no release's.
    return number == replica_pb2.CATEGORY_UNSPECIFIED or number in _CATEGORIES


def owner_of(category: Category) -> Owner:
    """The silo that alone sends changes of it."""
    return _OWNERS[category]


def owned_by(owner: Owner) -> tuple[Category, ...]:
    """The categories whose objects such a silo owns, in the order of the contract."""
    return tuple(category for category in Category if owner_of(category) is owner)
