"""Asking several regions the same, side by side, under one deadline.

Owns which regions can have had to do with an app, and what one that does not answer means.
"""

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


_OF_APP = """
SELECT DISTINCT o.region_name FROM organization_replica o WHERE o.id IN (
    SELECT organization_id FROM sentry_app_installation WHERE sentry_app_id = ?
    UNION SELECT owner_id FROM sentry_app WHERE id = ?
) ORDER BY o.region_name"""


def regions_of_app(control: Control, app_id: int) -> list[str]:
    """The regions that can hold something of an app: where its owner lives, and where it is or was installed.

    What is deleted counts as well, since what was sent is remembered for longer. Opens a session.
    """
    with control.database.session():
        return [name for (name,) in control.database.rows(_OF_APP, (app_id, app_id))]


def ask_regions(
    control: Control, start: Start, *, deadline_seconds: float, names: Iterable[str]
) -> dict[str, T | None]:
    """The answer of each region by its name, in order of the names; None: there is none. Not inside a session.

    Args:
        control: its directory and its channels.
        start: starts the call to one of them.
        deadline_seconds: for all together.
        names: of the regions.

    Raises:
        DatabaseUnavailable, PoolExhausted: control cannot read its directory of regions.
    """
    deadline = time.monotonic() + deadline_seconds
    asked = {name: _start(control, name, start, deadline=deadline) for name in names}
    # Every call is under way before the first answer is waited for: the slowest region counts, not their sum.
    return {name: _take(name, future) if future else None for name, future in asked.items()}


def _start(control: Control, name: str, start: Start, *, deadline: float) -> Future | None:
    """A call that is under way; None: the region cannot be called. Whatever else fails is control's own fault."""
    try:
        # What is left, and not the whole: starting the earlier calls may have taken some of it, such as connecting.
        return start(name, deadline - time.monotonic())
    except (SiloUnreachable, DeadlineExceeded) as error:
        _note_missing(name, error)
        return None


def _take(name: str, future: Future) -> T | None:
    try:
        # Without a timeout: the call has one of its own, by which it ends.
        answer: T = future.result()
    except SiloError as error:
        _note_missing(name, error)
        return None
    return answer


def _note_missing(name: str, error: SiloError) -> None:
    # The one trace of it: who asked gets an answer that lacks a region.
    log.warning("regions.missing", region=name, reason=error.reason)
