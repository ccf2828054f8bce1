"""`silo` as a process: a platform that runs while a block lasts, and what tests do to its processes.

Everything is stopped by the id of a process that was started here.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import psutil

from shared.cli.local.addresses import choose_addresses
from shared.cli.platform_keys import PlatformKeys

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 5.0
APP_SERVICE = "hybridcloud.apps.v1.AppService"


class NotYet(Exception):
    """A condition did not become true in the time that was given."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run_silo(*arguments: str, timeout_seconds: float = START_SECONDS) -> Ended:
    """Runs a command to its end."""
    done = subprocess.run(
        _command(arguments), env=_environment(), capture_output=True, text=True, timeout=timeout_seconds, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@dataclass
class SiloUp:
    """A running `silo up`."""

    data: Path
    process: subprocess.Popen[str]
    topology: dict[str, Any]
    said: list[str]
    """Lines of its standard error so far."""
    restarted: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def silo(self, *arguments: str) -> Ended:
        """Runs a command about this platform."""
        return run_silo(*arguments, "--data", str(self.data))

    def api(self, user: str = "superuser") -> httpx.Client:
        """Control's REST API."""
        token = self.topology["users"][user]["token"]
        url = f"{self.topology['control']['http']}/api/0"
        return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=10)

    def place(self, silo: str) -> dict[str, Any]:
        """Where a silo is: ``http``, ``grpc`` and ``pid``."""
        place: dict[str, Any] = self.topology["control"] if silo == "control" else self.topology["regions"][silo]
        return place

    def lose(self, silo: str) -> None:
        """``kill -9``."""
        process = psutil.Process(self.place(silo)["pid"])
        process.kill()
        eventually(lambda: _has_ended(process), within_seconds=5)
        if silo in self.restarted:
            self.restarted.pop(silo).wait()

    def start_by_hand(self, silo: str, *, code: Path = ROOT) -> None:
        """Starts a silo again at its addresses, as an operator would, and returns when it answers."""
        module = "control_silo" if silo == "control" else "region_silo"
        command = [sys.executable, "-m", module, "serve"]
        with (self.data / f"{silo}-by-hand.log").open("ab") as log:
            process = subprocess.Popen(command, env=self._variables(silo, code), cwd=code, stdout=log, stderr=log)
        self.restarted[silo] = process
        self.place(silo)["pid"] = process.pid
        eventually(lambda: _serves(self.place(silo)["http"]), within_seconds=START_SECONDS)

    def migrate(self, silo: str, *, code: Path = ROOT) -> None:
        """Makes the database of a silo, or brings it up to date, as an operator would."""
        module = "control_silo" if silo == "control" else "region_silo"
        command = [sys.executable, "-m", module, "migrate"]
        subprocess.run(command, env=self._variables(silo, code), cwd=code, check=True, capture_output=True)

    def move(self, silo: str) -> None:
        """Gives a silo that is down other addresses; `topology.json` does not hear of it."""
        address = choose_addresses((), http_port=0)["control"]
        self.place(silo).update(grpc=address.grpc, http=address.url)

    def eventually_says(self, words: str) -> None:
        """Returns once a line of its standard error has the words."""
        eventually(lambda: any(words in line for line in self.said), within_seconds=5)

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Sends a signal and waits; answers how many seconds it took to end."""
        for process in self.restarted.values():
            process.kill()
            process.wait()
        started = monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(START_SECONDS)
        took = monotonic() - started
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        return took

    def processes(self) -> list[psutil.Process]:
        """It and its silos, as long as they run."""
        found = psutil.Process(self.process.pid)
        return [found, *found.children(recursive=True)]

    @property
    def keys(self) -> PlatformKeys:
        """Every silo's."""
        return PlatformKeys.from_json(json.loads((self.data / "keys.json").read_text()))

    def _variables(self, silo: str, code: Path) -> dict[str, str]:
        prefix, database = ("CONTROL", "control.db") if silo == "control" else ("REGION", f"region-{silo}.db")
        variables = {
            f"{prefix}_DATABASE_URL": f"sqlite:///{self.data / database}",
            f"{prefix}_GRPC_LISTEN": self.place(silo)["grpc"],
            f"{prefix}_HTTP_LISTEN": self.place(silo)["http"].removeprefix("http://"),
            "REGION_CONTROL_TARGET": self.topology["control"]["grpc"],
            "REGION_NAME": silo,
            "SILO_WEBHOOK_ALLOW_PRIVATE": "1",
        }
        return {**_environment(code), **self.keys.variables(silo), **variables}


@contextmanager
def silo_up(data: Path, *options: str, code: Path = ROOT) -> Iterator[SiloUp]:
    """`silo up` on free ports, ready; nothing of it is left after the block.

    Args:
        data: its directory.
        options: further ones.
        code: the checkout that it is run from.
    """
    up = start_silo_up(data, *options, code=code)
    try:
        line = up.process.stdout.readline() if up.process.stdout else ""
        assert line, "".join(up.said)
        up.topology.update(json.loads(line))
        yield up
    finally:
        up.stop()


def start_silo_up(data: Path, *options: str, code: Path = ROOT) -> SiloUp:
    """`silo up` from its first moment on; it may not be ready yet."""
    process = subprocess.Popen(
        _command(("up", "--data", str(data), "--http-port", "0", "--json", *options)),
        env=_environment(code),
        cwd=code,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    up = SiloUp(data, process, topology={}, said=[])
    threading.Thread(target=_listen, args=(process, up.said), daemon=True).start()
    return up


def eventually(condition: Callable[[], bool], *, within_seconds: float) -> None:
    """Asks until the answer is yes.

    Raises:
        NotYet: it was still no after ``within_seconds``.
    """
    deadline, pause = monotonic() + within_seconds, threading.Event()
    while not condition():
        if monotonic() > deadline:
            raise NotYet(f"not within {within_seconds} s")
        pause.wait(0.02)


def _listen(process: subprocess.Popen[str], said: list[str]) -> None:
    assert process.stderr
    try:
        said.extend(process.stderr)
    except ValueError:  # closed under us, at the end of the test
        return


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "shared.cli", *arguments]


def _environment(code: Path = ROOT) -> Mapping[str, str]:
    return {**os.environ, "PYTHONPATH": str(code)}


def _serves(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", trust_env=False, timeout=2).is_success
    except httpx.TransportError:
        return False


def _has_ended(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
