"""Statuses of apps and installations: their numbers and their names on the wire.

Owns the two lists of spec §1.2 and §1.3. Refuses to know which change of status is allowed to whom.
"""

from enum import IntEnum
from typing import Self


class _NamedStatus(IntEnum):
    """A status stored as a number and shown by its lower-case name."""

    @classmethod
    def as_str(cls, value: int) -> str:
        """The name of a number.

        Raises:
            ValueError: no status has this number.
        """
        return cls(value).name.lower()

    @classmethod
    def as_int(cls, name: str) -> int:
        """The number of a name.

        Raises:
            ValueError: no status has this name.
        """
        return cls.from_name(name).value

    @classmethod
    def from_name(cls, name: str) -> Self:
        """The status of a name.

        Raises:
            ValueError: no status has this name.
        """
        for status in cls:
            if status.name.lower() == name:
                return status
        raise ValueError(f"{name!r} is not a valid {cls.__name__}")


class SentryAppStatus(_NamedStatus):
    """Where an app stands between its creation and its deletion."""

    UNPUBLISHED = 0
    PUBLISHED = 1
    INTERNAL = 2
    PUBLISH_REQUEST_INPROGRESS = 3
    DELETION_IN_PROGRESS = 4


class SentryAppInstallationStatus(_NamedStatus):
    """Where an installation stands: pending until the app confirms it, when the app asks for that."""

    PENDING = 0
    INSTALLED = 1
    PENDING_DELETION = 2
