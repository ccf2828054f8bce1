"""What kinds of object are replicated, and who owns them. Refuses to know any silo's tables."""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Any

from shared.pb.hybridcloud.replication.v1 import replica_pb2


class Owner(Enum):
    """Which silo owns the objects of a category; the other one holds replicas of them."""

    CONTROL = replica_pb2.OWNER_CONTROL
    REGION = replica_pb2.OWNER_REGION


class Category(StrEnum):
    """The kinds, by the names that outboxes, metrics and operators use. A test holds them to the contract's."""

    APP = "app"
    INSTALLATION = "installation"
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    ORGANIZATION = "organization"

    @property
    def number(self) -> "replica_pb2.Category":
        """The value on the wire."""
        return _NUMBERS[self]

    @property
    def owner(self) -> Owner:
        return _OWNERS[self]

    @classmethod
    def of(cls, number: "replica_pb2.Category") -> "Category":
        """The category of a value from the wire.

        Raises:
            KeyError: there is none.
        """
        return _CATEGORIES[number]


_VALUES = {
    category: replica_pb2.Category.DESCRIPTOR.values_by_name[f"CATEGORY_{category.name}"] for category in Category
}
_NUMBERS: Mapping[Category, "replica_pb2.Category"] = {
    category: getattr(replica_pb2, value.name) for category, value in _VALUES.items()
}
_CATEGORIES = {number: category for category, number in _NUMBERS.items()}
_OWNER_OPTION: Any = replica_pb2.owner  # its stub takes an extension for a plain field
_OWNERS = {category: Owner(value.GetOptions().Extensions[_OWNER_OPTION]) for category, value in _VALUES.items()}


def owned_by(owner: Owner) -> tuple[Category, ...]:
    """The categories whose objects such a silo owns, in the order of the contract."""
    return tuple(category for category in Category if category.owner is owner)
