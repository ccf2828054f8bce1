"""A platform that runs on this machine, from nothing to ready to gone.

Owns the order: lock, addresses, migrations, silos, readiness, first start, ``topology.json``; and that whatever goes
wrong on the way, nothing is left running.
"""

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from shared.cli.access import Access
from shared.cli.local.addresses import choose_addresses
from shared.cli.local.data_directory import DataDirectory
from shared.cli.local.first_start import complete_topology
from shared.cli.local.readiness import wait_until_ready
from shared.cli.local.silo_process import SiloProcess, SiloSpec, make_specs, migrate_all
from shared.cli.lost_region import LOST, replace_region
from shared.cli.platform_keys import OPERATOR, PlatformKeys
from shared.cli.topology import Topology
from shared.domain.peer import CONTROL, is_region_name
from shared.errors import ConfigInvalid

DEFAULT_REGIONS = ("us", "de")
STOP_SECONDS = 4.0
"""How long the silos may take to end in order; then they are killed. `silo up` promises to be gone after 5."""
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Wanted:
    """What a start was asked for."""

    directory: DataDirectory
    http_port: int
    environ: Mapping[str, str] = field(repr=False)
    regions: Sequence[str] = ()
    """Names; empty: those of the last start, and on the first the default ones."""
    replaced: Sequence[str] = ()
    """Regions whose databases are lost: new ones take their place."""


@dataclass
class RunningPlatform:
    """Silos as child processes."""

    topology: Topology
    specs: Mapping[str, SiloSpec]
    processes: dict[str, SiloProcess]
    _reported: set[int] = field(default_factory=set)

    def take_deaths(self) -> list[SiloProcess]:
        """Silos that ended unasked and were not answered before."""
        dead = [
            each for each in self.processes.values() if each.exit_code is not None and each.pid not in self._reported
        ]
        self._reported.update(process.pid for process in dead)
        return dead

    def kill(self, silo: str) -> None:
        """Ends a silo without warning; it stays away until ``restart``."""
        process = self.processes[silo]
        self._reported.add(process.pid)
        process.kill()
        process.wait(STOP_SECONDS)

    def restart(self, silo: str) -> None:
        """Starts a silo again where it was."""
        self.processes[silo] = SiloProcess(self.specs[silo])


@contextmanager
def running_platform(wanted: Wanted, *, report: Callable[[str], None]) -> Iterator[RunningPlatform]:
    """A platform that is ready; at the end of the block nothing of it runs.

    Args:
        wanted: what to start.
        report: called with a line for each step.

    Raises:
        ConfigInvalid: a region's name, a port or the directory will not do.
        SiloError: a silo did not become ready.
    """
    refuse_bad_names(wanted.regions)
    directory = wanted.directory
    directory.prepare()
    with ExitStack() as stack:
        # First of all: two platforms on one directory would write into each other's databases.
        stack.enter_context(directory.lock())
        kept = directory.find_topology()
        specs, keys = _plan(wanted, kept)
        _refuse_lost(wanted, kept)
        # All before any silo runs: a region that starts first would ask a control that has no tables.
        printed = _migrate(directory, specs, is_first=kept is None, report=report)
        processes: dict[str, SiloProcess] = {}
        # Before the first one starts, so that whatever fails from here on leaves nothing running.
        stack.callback(_stop, processes)
        for name, spec in specs.items():
            if name != CONTROL and wanted.replaced and len(processes) == 1:
                # Before any region is there: one with a new database would be refused.
                wait_until_ready(dict(processes), _access_to(specs), report=lambda name: None)
                for lost in wanted.replaced:
                    replace_region(_access_to(specs), lost)
            processes[name] = SiloProcess(spec)
        wait_until_ready(processes, _access_to(specs), report=lambda name: report(f"{name}: ready"))
        topology = complete_topology(
            specs, processes, kept=kept, printed=printed, rpc_keys=f"{OPERATOR}/{keys.operators[CONTROL]}"
        )
        # Last: what is in the file is ready to be used.
        directory.complete(topology)
        yield RunningPlatform(topology, specs, processes)


def refuse_bad_names(regions: Sequence[str]) -> None:
    """Raises:
    ConfigInvalid: one of them is no region's name, or is there twice.
    """
    for name in regions:
        if not is_region_name(name):
            raise ConfigInvalid(
                f"{name!r} is no name for a region: 1 to 32 lower-case letters, digits and inner hyphens, "
                f"starting with a letter, and not {CONTROL!r}."
            )
        if list(regions).count(name) > 1:
            raise ConfigInvalid(f"The region {name!r} is named twice.")


def _refuse_lost(wanted: Wanted, kept: Topology | None) -> None:
    """Raises:
    ConfigInvalid: the database of a region of the last start is gone, and nobody has said that it is lost.
    """
    for name in kept.regions if kept else ():
        path = wanted.directory.database_path(name)
        if not path.exists() and name not in wanted.replaced:
            raise ConfigInvalid(
                f"The database of {name} is gone: {path}. Put it back, or a copy of it, of which only what is newer is "
                f"lost. Or `silo up --replace {name}`: a new one takes its place, with the organizations and apps that "
                f"control knows; lost are {LOST}."
            )


def _plan(wanted: Wanted, kept: Topology | None) -> tuple[dict[str, SiloSpec], PlatformKeys]:
    regions = tuple(wanted.regions or (kept.regions if kept else DEFAULT_REGIONS))
    addresses = choose_addresses(regions, http_port=wanted.http_port)
    keys = wanted.directory.keys_for(regions, is_first=kept is None)
    return make_specs(wanted.directory, addresses, keys=keys, environ=wanted.environ), keys


def _migrate(
    directory: DataDirectory, specs: Mapping[str, SiloSpec], *, is_first: bool, report: Callable[[str], None]
) -> str:
    if is_first:
        directory.begin_first_start(list(specs))
    directory.turn_logs(list(specs))
    report(f"Migrating {', '.join(specs)} …")
    printed = migrate_all(specs)
    report(f"Starting {', '.join(specs)} …")
    return printed


def _access_to(specs: Mapping[str, SiloSpec]) -> Access:
    control = specs[CONTROL]
    return Access(
        control_http=control.address.url,
        control_grpc=control.address.grpc,
        rpc_keys=control.environment["SILO_RPC_KEYS"],
    )


def _stop(processes: Mapping[str, SiloProcess]) -> None:
    """Ends every silo: all are asked at once, and who does not listen is killed."""
    # A second Ctrl-C is what people do when the first one takes a moment; it must not leave silos behind.
    with _ignoring_stop():
        running = [process for process in processes.values() if process.exit_code is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            if not process.wait(max(0.0, deadline - time.monotonic())):
                process.kill()
                process.wait(1.0)


@contextmanager
def raising_on_stop() -> Iterator[None]:
    """Each of the signals raises KeyboardInterrupt, also where the shell had SIGINT ignored for a background job."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in _STOPPING}
    try:
        yield
    finally:
        _restore(before)


@contextmanager
def _ignoring_stop() -> Iterator[None]:
    """None of them interrupts what is inside: an orderly end, which has a deadline of its own."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _STOPPING}
    try:
        yield
    finally:
        _restore(before)


def _restore(handlers: Mapping[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
