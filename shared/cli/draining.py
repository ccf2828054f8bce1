"""Waiting until a region was told of everything, and has told control of everything. Owns the asking and waiting."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.cli.access import Access
from shared.cli.outbox_calls import TIMEOUT_SECONDS, Stub
from shared.config import CONTROL
from shared.errors import RegionNotFound
from shared.pb.hybridcloud.operations.v1 import outbox_service_pb2 as calls
from shared.rpc.channel import SiloChannel

_LOOK_SECONDS = 0.1
_TELL_SECONDS = 5.0


@dataclass(frozen=True)
class Waiting:
    """What waits in one direction."""

    due: int
    parked: int
    is_paused: bool


@dataclass(frozen=True)
class Drained:
    """How far a region is drained."""

    region: str
    incoming: Waiting
    """From control to the region."""
    outgoing: Waiting
    """From the region to control."""

    @property
    def due(self) -> int:
        return self.incoming.due + self.outgoing.due

    @property
    def parked(self) -> int:
        return self.incoming.parked + self.outgoing.parked

    @property
    def is_complete(self) -> bool:
        """Nothing is due and nothing was set aside."""
        return not self.due and not self.parked

    def as_json(self) -> dict[str, Any]:
        return {
            "region": self.region,
            "drained": self.is_complete,
            "due": {"to_region": self.incoming.due, "to_control": self.outgoing.due},
            "parked": {"to_region": self.incoming.parked, "to_control": self.outgoing.parked},
        }


def drain_region(access: Access, region: str, *, seconds: float, tell: Callable[[str], None]) -> Drained:
    """Returns when nothing is due any more, nothing can be because of a pause, or the time is over.

    Args:
        access: the platform.
        region: its name.
        seconds: how long to wait.
        tell: is given a line now and then.

    Raises:
        RegionNotFound: there is no such region.
        SiloError: control or the region does not answer.
    """
    if region == CONTROL:
        raise RegionNotFound("control is no region. Name the region that should have everything.")
    begun = told = time.monotonic()
    with access.channel(CONTROL) as control, access.channel(region) as channel:
        while True:
            now = Drained(region, _waiting(control, region), _waiting(channel, CONTROL))
            is_stopped = any(way.due and way.is_paused for way in (now.incoming, now.outgoing))
            if not now.due or is_stopped or time.monotonic() - begun >= seconds:
                return now
            if time.monotonic() - told >= _TELL_SECONDS:
                told = time.monotonic()
                tell(f"Still due: {now.due}.")
            threading.Event().wait(_LOOK_SECONDS)


def _waiting(channel: SiloChannel, destination: str) -> Waiting:
    answer = Stub(channel).GetStatus(calls.GetStatusRequest(), timeout=TIMEOUT_SECONDS)
    for status in answer.destinations:
        if status.destination == destination:
            return Waiting(sum(status.backlog.values()), status.parked, status.HasField("paused_at"))
    return Waiting(0, 0, is_paused=False)
