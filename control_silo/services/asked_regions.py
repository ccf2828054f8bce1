"""Asking every region the same, side by side, under one deadline. Owns what a region that does not answer means."""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog

from control_silo.services.control import Control
from shared.errors import DeadlineExceeded, SiloError, SiloUnreachable
from shared.rpc.aliases import Future

log = structlog.get_logger(__name__)

REGIONS_DEADLINE_SECONDS = 3.0
"""For all regions together; somebody waits."""

T = TypeVar("T")
Start = Callable[[str, float], Future]
"""Starts a call to the region of a name, with a timeout in seconds."""


def ask_regions(
    control: Control, start: Start, *, deadline_seconds: float, names: Iterable[str] | None = None
) -> dict[str, T | None]:
    """The answer of each region by its name, in order of the names; None: there is none. Not inside a session.

    Args:
        control: its directory and its channels.
        start: starts the call to one of them.
        deadline_seconds: for all together.
        names: only these; None for all.

    Raises:
        DatabaseUnavailable, PoolExhausted: control cannot read its directory of regions.
    """
    deadline = time.monotonic() + deadline_seconds
    asked = {
        name: _start(control, name, start, deadline=deadline)
        for name in (control.regions.list_names() if names is None else names)
    }
    # Every call is under way before the first answer is waited for: the slowest region counts, not their sum.
    return {name: _take(name, future) if future else None for name, future in asked.items()}


def _start(control: Control, name: str, start: Start, *, deadline: float) -> Future | None:
    """A call that is under way; None: the region cannot be called. Whatever else fails is control's own fault."""
    try:
        return start(name, deadline - time.monotonic())
    except (SiloUnreachable, DeadlineExceeded) as error:
        _note_missing(name, error)
        return None


def _take(name: str, future: Future) -> T | None:
    try:
        answer: T = future.result()
    except SiloError as error:
        _note_missing(name, error)
        return None
    return answer


def _note_missing(name: str, error: SiloError) -> None:
    log.warning("regions.missing", region=name, reason=error.reason)
