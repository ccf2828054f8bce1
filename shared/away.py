"""How it is said that a silo is away: by its name, in one sentence, to clients of either silo alike."""

from shared.domain.peer import CONTROL
from shared.errors import SiloUnreachable


def silo_away(name: str) -> SiloUnreachable:
    """The refusal of what only the silo could do."""
    spoken = spoken_name(name)
    return SiloUnreachable(f"{spoken[0].upper()}{spoken[1:]} is not available right now.", metadata={"silo": name})


def spoken_name(name: str) -> str:
    """A silo's name in a sentence."""
    return "control" if name == CONTROL else f"the region {name}"
