"""What can go wrong in a simulated world, by the names that the command line has for it."""

from collections.abc import Collection
from enum import StrEnum

from shared.errors import InvalidInput


class Fault(StrEnum):
    """One kind of trouble; each is switched on by itself."""

    DROP = "drop"
    """A request or its answer is lost."""
    DELAY = "delay"
    """A call takes its time, and the world moves on meanwhile."""
    DUPLICATE = "duplicate"
    """A request arrives twice, at once or again later, byte for byte."""
    REORDER = "reorder"
    """The caller gives up waiting, and its request arrives after later ones."""
    CRASH = "crash"
    """A silo's process dies between any two of its steps: its memory is lost, its database stays."""
    PARTITION = "partition"
    """One silo cannot reach another for a while; perhaps the other still can."""
    CLOCK = "clock"
    """The clock of a silo's machine is wrong."""
    RESTORE = "restore"
    """A silo, control or a region, goes on with an old copy of its database."""
    HALF_OPEN = "half-open"
    """A connection swallows what is sent through it, and every call runs into its deadline."""


EVERY_FAULT = frozenset(Fault)


def parse_faults(text: str) -> frozenset[Fault]:
    """The faults that a list separated by commas names; ``all`` and ``none`` are lists too.

    Raises:
        InvalidInput: it names something else.
    """
    if text in ("all", "none"):
        return EVERY_FAULT if text == "all" else frozenset()
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in set(Fault)]
    if unknown:
        raise InvalidInput(f"There is no fault {unknown[0]!r}; there are: {', '.join(Fault)}.")
    return frozenset(map(Fault, names))


def faults_text(faults: Collection[Fault]) -> str:
    """The inverse of ``parse_faults``."""
    # The short word, since the line is meant to be pasted into a command again.
    if frozenset(faults) == EVERY_FAULT:
        return "all"
    return ",".join(fault for fault in Fault if fault in faults) or "none"
