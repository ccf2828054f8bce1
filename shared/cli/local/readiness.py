"""When a platform that was started is ready: each silo answers on both of its ports, and control knows every region."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping

import httpx

from shared.cli.access import Access
from shared.cli.local.silo_process import SiloProcess, failure_of
from shared.cli.status_report import PROBE_SECONDS, is_healthy
from shared.domain.peer import CONTROL
from shared.errors import DeadlineExceeded, SiloError

READY_SECONDS = 60.0
_PAUSE_SECONDS = 0.05


def wait_until_ready(processes: Mapping[str, SiloProcess], access: Access, *, report: Callable[[str], None]) -> None:
    """Returns when every silo is ready.

    Args:
        processes: of all silos, by name.
        access: to the platform they make up.
        report: called with the name of each silo once it answers.

    Raises:
        ConfigInvalid, Internal: a silo ended instead.
        DeadlineExceeded: not ready within READY_SECONDS.
    """
    waiting = dict(processes)
    for _ in _attempts("The silos did not answer"):
        for name, process in list(waiting.items()):
            _refuse_ended(process)
            if is_healthy(access, name, address=process.spec.address.grpc) and _serves_http(process.spec.address.url):
                del waiting[name]
                report(name)
        if not waiting:
            break
    # By address and not by name alone: a region of the last run is in the directory too.
    expected = {name: process.spec.address.grpc for name, process in processes.items() if name != CONTROL}
    for _ in _attempts("The regions did not register with control"):
        for process in processes.values():
            _refuse_ended(process)
        if _are_registered(expected, access):
            return


def _serves_http(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=PROBE_SECONDS, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _are_registered(expected: Mapping[str, str], access: Access) -> bool:
    try:
        return expected.items() <= access.list_directory().items()
    except SiloError:
        return False


def _refuse_ended(process: SiloProcess) -> None:
    code = process.exit_code
    if code is not None:
        raise failure_of(process.spec, code)


def _attempts(failure: str) -> Iterator[None]:
    """Yields now and again, with a pause between, until the time is up."""
    deadline = time.monotonic() + READY_SECONDS
    pause = threading.Event()
    while time.monotonic() < deadline:
        yield
        pause.wait(_PAUSE_SECONDS)
    raise DeadlineExceeded(f"{failure} within {READY_SECONDS:.0f} s; the logs say why.")
