"""What kinds of object are replicated. Owns the names that outboxes, metrics and operators use."""

from collections.abc import Mapping
from enum import StrEnum

from shared.pb.hybridcloud.replication.v1 import replica_pb2


class Category(StrEnum):
    """The kinds, by the names of ``hybridcloud.replication.v1.Category``."""

    APP = "app"
    INSTALLATION = "installation"
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    ORGANIZATION = "organization"

    @property
    def number(self) -> "replica_pb2.Category":
        """The value on the wire."""
        return _NUMBERS[self]

    @classmethod
    def of(cls, number: "replica_pb2.Category") -> "Category":
        """The category of a value from the wire.

        Raises:
            KeyError: there is none.
        """
        return _CATEGORIES[number]


_NUMBERS: Mapping[Category, "replica_pb2.Category"] = {
    category: getattr(replica_pb2, f"CATEGORY_{category.name}") for category in Category
}
_CATEGORIES = {number: category for category, number in _NUMBERS.items()}
