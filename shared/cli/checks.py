"""What ``silo doctor`` checks: one function a check, all in one list.

A check says what it found of each silo that it has something to say of, and what to do. Owns the judgement; what is
looked at is ``examination``'s. A further check is a function that takes an ``Examination``, and a line in ``CHECKS``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from shared.cli.examination import Examination, ExaminedSilo
from shared.cli.tables import duration
from shared.domain.peer import CONTROL
from shared.errors import ConfigInvalid, SiloError
from shared.http.measure import CERTIFICATE_ENDS, MISSING_MIGRATIONS, SKEW
from shared.rpc.signature import FUTURE_SECONDS

WARN_DAYS = 21
"""A certificate that ends sooner is worth a word."""
CLOCK_SECONDS = 1.0
"""Clocks that differ by more are worth a word; by more than ``FUTURE_SECONDS``, and calls are refused."""
OPERATOR = "operator"
"""In place of a silo: whoever asks."""
_DAY = 86_400
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and will not for ever or not for all."""
    PROBLEM = "problem"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check says of one silo."""

    silo: str
    verdict: Verdict
    says: str
    advice: str = ""
    """What to do; empty where nothing is to be done."""


Check = Callable[[Examination], Iterator[Finding]]


def reachable(seen: Examination) -> Iterator[Finding]:
    """Whether each silo serves gRPC and HTTP where others look for it."""
    for silo in seen.silos.values():
        # Both in one finding: a silo that is down is one trouble and not two.
        missing = [f"gRPC at {silo.grpc}"] * (not silo.is_healthy)
        missing += [f"HTTP at {silo.http or 'an unknown address'}"] * (silo.metrics is None)
        if missing:
            advice = "Start it, or correct the address that it advertises."
            yield _found(silo, Verdict.PROBLEM, f"{' and '.join(missing)} does not answer", advice)
        else:
            yield _found(silo, Verdict.OK, "serves gRPC and HTTP")


def schema(seen: Examination) -> Iterator[Finding]:
    """Whether each database has all the tables that its silo's code needs."""
    for silo, missing in _metric(seen, MISSING_MIGRATIONS):
        if missing:
            package = "control_silo" if silo.name == CONTROL else "region_silo"
            advice = f"Stop it, run `python -m {package} migrate` there, start it: regions first, control last."
            yield _found(silo, Verdict.PROBLEM, f"its database lacks {missing:.0f} migrations", advice)
        else:
            yield _found(silo, Verdict.OK, "its database is up to date")


def keys(seen: Examination) -> Iterator[Finding]:
    """Whether each silo knows its peers by keys of their own, and can keep further ones."""
    for silo in seen.silos.values():
        if isinstance(silo.keys, SiloError):
            if silo.is_healthy:  # else it was said that it does not answer
                said = f"does not show its keys: {silo.keys.message.removesuffix('.')}"
                yield _found(silo, Verdict.PROBLEM, said, _key_advice(silo.keys))
            continue
        live = [key for key in silo.keys.keys if not key.HasField("revoked_at")]
        shared = sorted(f"{key.peer}/{key.key_id}" for key in live if key.shared)
        # Regions share keys with control alone: none calls another.
        needed = seen.directory if silo.name == CONTROL else {CONTROL}
        without = sorted(needed - {key.peer for key in live})
        if shared:
            advice = "Give each peer one of its own: `silo key add`, then `silo key revoke`."
            yield _found(silo, Verdict.PROBLEM, f"{', '.join(shared)} have one secret: each speaks as both", advice)
        if without:
            advice = f"`silo key add {without[0]} --silo {silo.name}`, and give the peer its entry."
            yield _found(silo, Verdict.PROBLEM, f"has no key with {', '.join(without)}", advice)
        # A warning, since everything works without it until a key has to be changed.
        if not silo.keys.keeps_keys:
            advice = "Set SILO_SEAL_KEY to 32 bytes as hex, such as `openssl rand -hex 32` prints, and restart it."
            yield _found(silo, Verdict.WARNING, "has no SILO_SEAL_KEY: keys cannot be added while it runs", advice)
        if silo.keys.keeps_keys and not shared and not without:
            yield _found(silo, Verdict.OK, f"has {len(live)} keys, each of one peer")


def certificates(seen: Examination) -> Iterator[Finding]:
    """When the certificates end by which silos, and the operator, are known to each other."""
    for silo, ends in _metric(seen, CERTIFICATE_ENDS):
        yield _certificate(silo.name, left=ends - seen.now)
    if seen.tls is not None:
        try:
            yield _certificate(OPERATOR, left=seen.tls.expires_at().timestamp() - seen.now)
        except ConfigInvalid as exc:
            yield Finding(silo=OPERATOR, verdict=Verdict.PROBLEM, says=exc.message)


def clocks(seen: Examination) -> Iterator[Finding]:
    """Whether the silos' clocks agree with this machine's, since a call is believed by its time."""
    for silo in seen.silos.values():
        ahead = silo.clock_ahead_seconds
        if ahead is not None:
            advice = "Have NTP set the clocks: calls from the future are refused."
            yield _clock(silo, f"its clock is {_apart(ahead)}", ahead, advice)


def database_clocks(seen: Examination) -> Iterator[Finding]:
    """Whether the clock of each silo's machine agrees with that of its database, by which everything is due."""
    for silo, ahead in _metric(seen, SKEW):
        advice = "Have NTP set the clocks of both machines: each is believed in places where the other is not."
        yield _clock(silo, f"its machine's clock is {_apart(ahead)} of its database's", ahead, advice)


def ports(seen: Examination) -> Iterator[Finding]:
    """Whether somebody's outgoing connection may have taken the port of a silo of this machine before it starts."""
    try:
        # The kernel's range, from which it takes a port for every connection that goes out.
        first, last = map(int, _EPHEMERAL.read_text().split())
    except (OSError, ValueError):  # not Linux
        return
    for silo in seen.silos.values():
        host, _, port = silo.grpc.rpartition(":")
        if host in {"127.0.0.1", "localhost"} and port.isdecimal() and first <= int(port) <= last:
            advice = f"Choose a port below {first}, or reserve it: sysctl net.ipv4.ip_local_reserved_ports={port}."
            yield _found(silo, Verdict.WARNING, f"port {port} lies among those of outgoing connections", advice)


def outboxes(seen: Examination) -> Iterator[Finding]:
    """Whether something waits that cannot be delivered."""
    for name, status in {CONTROL: seen.status.control, **seen.status.regions}.items():
        silo = seen.silos[name]
        if status.parked:
            advice = "`silo outbox parked` says why; then `silo outbox retry` or `discard`."
            yield _found(silo, Verdict.WARNING, f"{status.parked} messages to it were set aside", advice)
        if status.breaker == "open":
            yield _found(silo, Verdict.WARNING, "nothing can be delivered to it at the moment", "`silo status --watch`")
        if status.is_paused:
            yield _found(silo, Verdict.WARNING, "what is sent to it is paused", "`silo outbox resume`")


CHECKS: Sequence[Check] = (reachable, schema, keys, certificates, clocks, database_clocks, ports, outboxes)
"""In the order in which they are shown."""


def _apart(ahead: float) -> str:
    return f"{duration(abs(ahead))} {'ahead' if ahead > 0 else 'behind'}"


def _clock(silo: ExaminedSilo, says: str, ahead: float, advice: str) -> Finding:
    if abs(ahead) <= CLOCK_SECONDS:
        return _found(silo, Verdict.OK, says)
    return _found(silo, Verdict.PROBLEM if abs(ahead) > FUTURE_SECONDS else Verdict.WARNING, says, advice)


def _certificate(silo: str, *, left: float) -> Finding:
    advice = "Put a new certificate in place of the old files: silos take it without a restart."
    if left <= 0:
        return Finding(silo=silo, verdict=Verdict.PROBLEM, says="its certificate has expired", advice=advice)
    said = f"its certificate ends in {duration(left)}"
    # In time for somebody who looks once a week.
    if left < WARN_DAYS * _DAY:
        return Finding(silo=silo, verdict=Verdict.WARNING, says=said, advice=advice)
    return Finding(silo=silo, verdict=Verdict.OK, says=said)


def _key_advice(error: SiloError) -> str:
    # By its reason, since the sentence is for people and may change.
    if error.reason == "KEY_UNKNOWN":
        return "Your key is not one of its: `silo key add operator:NAME --silo …` by somebody whom it knows."
    return "See whether it runs, and whether SILO_RPC_KEYS has your key with it."


def _metric(seen: Examination, name: str) -> Iterator[tuple[ExaminedSilo, float]]:
    for silo in seen.silos.values():
        if silo.metrics is not None and name in silo.metrics:
            yield silo, silo.metrics[name]


def _found(silo: ExaminedSilo, verdict: Verdict, says: str, advice: str = "") -> Finding:
    return Finding(silo=silo.name, verdict=verdict, says=says, advice=advice)
