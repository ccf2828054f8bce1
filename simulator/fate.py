"""What may become of a call, whose doing that is, and how often it comes relative to the others."""

from collections.abc import Mapping
from enum import StrEnum

from shared.simulation.fault import Fault


class Fate(StrEnum):
    """What becomes of a call."""

    FINE = "fine"
    REQUEST_LOST = "request lost"
    ANSWER_LOST = "answer lost"
    LATE = "late"
    """The world moves on between its sending and its arrival."""
    SLOW = "slow"
    """Likewise between its arrival and its answer."""
    TWICE = "made twice"
    COPIED = "copied"
    """It arrives, and somebody keeps a copy, to send it again."""
    OVERTAKEN = "overtaken"
    """The caller gives up, and it arrives later, if at all."""
    CUT_OFF = "cut off"
    SWALLOWED = "swallowed"
    """By a connection that is open at one end only; sometimes it arrives, and the answer is swallowed."""
    DOWN = "down"
    """Nobody is there."""


# By what each teaches: a lost answer, after which nobody knows what was done, shows more than a lost request.
WEIGHTS: Mapping[Fault, Mapping[Fate, int]] = {
    Fault.DROP: {Fate.REQUEST_LOST: 2, Fate.ANSWER_LOST: 3},
    Fault.DELAY: {Fate.LATE: 4, Fate.SLOW: 3},
    Fault.DUPLICATE: {Fate.TWICE: 1, Fate.COPIED: 4},
    Fault.REORDER: {Fate.OVERTAKEN: 3},
}
FAULTS: Mapping[Fate, Fault] = {
    **{fate: fault for fault, fates in WEIGHTS.items() for fate in fates},
    Fate.CUT_OFF: Fault.PARTITION,
    Fate.SWALLOWED: Fault.HALF_OPEN,
}
"""Whose doing a fate is."""
# Most calls have to succeed, or nothing would ever be replicated that could go wrong later.
FINE_WEIGHT = 14
