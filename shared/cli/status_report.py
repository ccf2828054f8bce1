"""The state of a platform, gathered from its silos side by side.

Owns the shape of ``silo status --json``. What waits for a region is control's to say; what waits for control is the
regions'; whoever does not answer leaves its part unknown, which is not the same as empty.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.cli.access import Access
from shared.domain.peer import CONTROL
from shared.errors import SiloError
from shared.pb.hybridcloud.operations.v1 import outbox_pb2, outbox_service_pb2, outbox_service_pb2_grpc
from shared.wake import APP_PREFIX

TIMEOUT_SECONDS = 3.0
PROBE_SECONDS = 1.0
"""How long a silo may take to say that it serves."""
_BREAKERS = {
    outbox_pb2.DestinationStatus.BREAKER_CLOSED: "closed",
    outbox_pb2.DestinationStatus.BREAKER_OPEN: "open",
}

_IDLE = outbox_pb2.DestinationStatus(breaker=outbox_pb2.DestinationStatus.BREAKER_CLOSED)
"""A destination that a silo does not mention: nothing was ever sent there."""

Destinations = Mapping[str, outbox_pb2.DestinationStatus]


@dataclass(frozen=True)
class SiloStatus:
    """One silo, and what waits to be delivered to it. None: unknown."""

    reachable: bool
    backlog: Mapping[str, int] | None = None
    """By category; one without any is missing."""
    parked: int | None = None
    awaiting_upgrade: Mapping[str, int] | None = None
    """By category, what the silo is of too old a release to take."""
    oldest_age_seconds: float | None = None
    lag_p50_seconds: float | None = None
    lag_p99_seconds: float | None = None
    breaker: str | None = None
    is_paused: bool | None = None
    """Whether an operator has stopped what is sent there."""
    failing: int | None = None
    """Messages of which the last attempt failed."""
    last_error: str | None = None
    """Why one of them failed, or why the silo could not be called."""
    clock_skew_seconds: float | None = None
    """How far the clock of its machine is ahead of its database's."""
    comparison: outbox_pb2.Comparison | None = None
    """What comparing in the background came to; None: there was none yet."""

    def as_json(self) -> dict[str, Any]:
        return {
            "reachable": self.reachable,
            "backlog": None if self.backlog is None else dict(self.backlog),
            "parked": self.parked,
            "awaiting_upgrade": None if self.awaiting_upgrade is None else dict(self.awaiting_upgrade),
            "oldest_age_seconds": self.oldest_age_seconds,
            "lag_seconds": {"p50": self.lag_p50_seconds, "p99": self.lag_p99_seconds},
            "breaker": self.breaker,
            "paused": self.is_paused,
            "failing": self.failing,
            "last_error": self.last_error,
            "clock_skew_seconds": self.clock_skew_seconds,
            "compared": None if self.comparison is None else _comparison_json(self.comparison),
        }


@dataclass(frozen=True)
class StatusReport:
    """A platform."""

    control: SiloStatus
    regions: Mapping[str, SiloStatus]
    open_circuits: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """By silo, ids of the apps that it leaves alone since their calls take too long; a silo without any is missing."""

    def as_json(self) -> dict[str, Any]:
        return {
            "control": self.control.as_json(),
            "regions": {name: region.as_json() for name, region in self.regions.items()},
            "open_circuits": {name: list(apps) for name, apps in self.open_circuits.items()},
        }


def read_status(access: Access) -> StatusReport:
    """Asks every silo; what is wrong with one of them costs the others no more than its timeout.

    Raises:
        ConfigInvalid: control cannot even be asked: no keys, or no such address.
    """
    regions = access.all_regions()
    silos = {CONTROL: access.control_grpc, **regions}
    # Both questions at once: a silo that is away is waited for once.
    with ThreadPoolExecutor(2 * len(silos)) as pool:
        health = pool.map(lambda silo: is_healthy(access, silo, address=silos[silo]), silos)
        asked = pool.map(lambda silo: _ask(access, silo, silos[silo]), silos)
        reachable, answers = dict(zip(silos, health, strict=True)), dict(zip(silos, asked, strict=True))
    skews = {silo: answer.clock_skew_seconds for silo, answer in answers.items() if answer is not None}
    waiting = {silo: _destinations(answer) for silo, answer in answers.items()}
    control = waiting[CONTROL]
    return StatusReport(
        control=replace(
            _summed(reachable[CONTROL], [waiting[name] for name in regions]), clock_skew_seconds=skews.get(CONTROL)
        ),
        regions={
            # Control that says nothing leaves it unknown; one that does not name the region has nothing for it.
            name: replace(
                _status(reachable[name], control.get(name, _IDLE) if control is not None else None),
                clock_skew_seconds=skews.get(name),
            )
            for name in sorted(regions)
        },
        open_circuits={name: apps for name in sorted(waiting) if (apps := _open_circuits(waiting[name] or {}))},
    )


def is_healthy(access: Access, silo: str, *, address: str) -> bool:
    """Whether a silo says that it serves, by the standard health service of gRPC; no answer is a no.

    Args:
        access: to the platform that it belongs to.
        silo: its name.
        address: ``host:port`` where it should listen; nobody listens where there can be no address.
    """
    try:
        with access.channel(silo, address=address) as channel:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PROBE_SECONDS)
    # A keys' mistake as well as an absence: whoever asks for health gets a yes or a no.
    except SiloError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def breaker_name(destination: outbox_pb2.DestinationStatus) -> str | None:
    """``closed`` or ``open``; None: the silo does not say."""
    return _BREAKERS.get(destination.breaker)


def _ask(access: Access, silo: str, address: str) -> outbox_service_pb2.GetStatusResponse | None:
    """What a silo says of itself; None when it does not."""
    try:
        with access.channel(silo, address=address) as channel:
            stub = outbox_service_pb2_grpc.OutboxServiceStub(channel)
            return stub.GetStatus(outbox_service_pb2.GetStatusRequest(), timeout=TIMEOUT_SECONDS)
    except SiloError:
        return None


def _destinations(answer: outbox_service_pb2.GetStatusResponse | None) -> Destinations | None:
    """What a silo has to deliver, by destination."""
    return None if answer is None else {each.destination: each for each in answer.destinations}


def _open_circuits(destinations: Destinations) -> list[int]:
    apps = [each for each in destinations.values() if each.destination.startswith(APP_PREFIX)]
    return sorted(int(app.destination.removeprefix(APP_PREFIX)) for app in apps if breaker_name(app) == "open")


def _status(reachable: bool, destination: outbox_pb2.DestinationStatus | None) -> SiloStatus:
    if destination is None:
        return SiloStatus(reachable)
    return SiloStatus(
        reachable=reachable,
        backlog=dict(destination.backlog),
        parked=destination.parked,
        awaiting_upgrade=_awaiting_upgrade(destination),
        oldest_age_seconds=destination.oldest_age_seconds,
        lag_p50_seconds=_optional(destination, "lag_p50_seconds"),
        lag_p99_seconds=_optional(destination, "lag_p99_seconds"),
        breaker=breaker_name(destination),
        is_paused=destination.HasField("paused_at"),
        failing=destination.failing,
        last_error=destination.last_error or None,
        comparison=destination.comparison if destination.HasField("comparison") else None,
    )


def _comparison_json(comparison: outbox_pb2.Comparison) -> dict[str, Any]:
    return {
        "at": comparison.compared_at.ToJsonString(),
        "rounds": comparison.rounds,
        "objects": comparison.objects,
        "found": dict(comparison.found),
        "mended": comparison.mended,
        "unmended": comparison.unmended,
    }


def _summed_comparisons(comparisons: Sequence[outbox_pb2.Comparison]) -> outbox_pb2.Comparison | None:
    """Counts added up; as of the oldest."""
    if not comparisons:
        return None
    summed = outbox_pb2.Comparison(
        # The oldest, for what is said holds for all of them only since then.
        compared_at=min((each.compared_at for each in comparisons), key=lambda at: at.ToNanoseconds()),
        rounds=min(each.rounds for each in comparisons),
    )
    for each in comparisons:
        summed.objects += each.objects
        summed.mended += each.mended
        summed.unmended += each.unmended
        for sort, count in each.found.items():
            summed.found[sort] += count
    return summed


def _awaiting_upgrade(destination: outbox_pb2.DestinationStatus) -> dict[str, int]:
    return {each.category: each.awaiting_upgrade for each in destination.categories if each.awaiting_upgrade}


def _optional(destination: outbox_pb2.DestinationStatus, name: str) -> float | None:
    return float(getattr(destination, name)) if destination.HasField(name) else None


def _summed(reachable: bool, answers: Iterable[Destinations | None]) -> SiloStatus:
    """What waits for control in all regions that answer: counts added up, times and breakers at their worst."""
    parts = [_status(reachable, answer[CONTROL]) for answer in answers if answer is not None and CONTROL in answer]
    # No region answers: what waits for control is not known, and zero would be a lie.
    if not parts:
        return SiloStatus(reachable)
    backlog: Counter[str] = Counter()
    awaiting_upgrade: Counter[str] = Counter()
    for part in parts:
        backlog.update(part.backlog or {})
        awaiting_upgrade.update(part.awaiting_upgrade or {})
    return SiloStatus(
        reachable=reachable,
        backlog=dict(backlog),
        parked=sum(part.parked or 0 for part in parts),
        awaiting_upgrade=dict(awaiting_upgrade),
        oldest_age_seconds=_worst([part.oldest_age_seconds for part in parts]),
        lag_p50_seconds=_worst([part.lag_p50_seconds for part in parts]),
        lag_p99_seconds=_worst([part.lag_p99_seconds for part in parts]),
        breaker="open" if any(part.breaker == "open" for part in parts) else "closed",
        is_paused=any(part.is_paused for part in parts),
        failing=sum(part.failing or 0 for part in parts),
        last_error=next((part.last_error for part in parts if part.last_error), None),
        comparison=_summed_comparisons([part.comparison for part in parts if part.comparison is not None]),
    )


def _worst(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
