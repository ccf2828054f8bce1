"""The kinds of control: what it owns, and what it holds replicas of. Each is found in the file of its category."""

from control_silo.models.region import RegisteredRegion
from shared.domain.peer import CONTROL
from shared.outbox.kind import Kinds


def _is_registered(name: str) -> bool:
    return bool(RegisteredRegion.select().where(RegisteredRegion.name == name).exists())


KINDS = Kinds.found_in(__package__, silo=CONTROL, is_told=_is_registered)
