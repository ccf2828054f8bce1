"""The kinds of a region: what it owns, and what it holds replicas of. Each is found in the file of its category."""

from shared.domain.peer import CONTROL
from shared.outbox.kind import Kinds


def kinds_of(region_name: str) -> Kinds:
    """The kinds of the region of that name; it tells control alone of what it owns."""
    return Kinds.found_in(__package__, silo=region_name, is_told=lambda name: name == CONTROL)
