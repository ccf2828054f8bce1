"""The kinds of control: what it owns, and what it holds replicas of. Each is found in the file of its category."""

from shared.domain.peer import CONTROL
from shared.outbox.kind import Kinds

KINDS = Kinds.found_in(__package__, silo=CONTROL)
