"""How long a signed-in request takes at control while strangers do what they can: p99 beside that of a quiet time.

Control is a process of its own, the strangers are another; between them they share whatever processors there are. Each
kind of strangers is measured beside a quiet time just before it.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from shared.cli.local.addresses import Address, choose_addresses
from shared.cli.platform_keys import PlatformKeys
from tests.benchmarks.crowd import CROWDS
from tests.benchmarks.measure import Measurement, at_most, quantile

REQUESTS = 250
PAUSE_SECONDS = 0.01
"""Between two requests: somebody who clicks, not somebody who attacks."""
OWN_ADDRESS = "127.0.0.2"
GATHER_SECONDS = 5.0
"""How long the strangers get before they are measured."""
_START_SECONDS = 60.0


@dataclass(frozen=True)
class Attacked:
    """Control, and somebody with an account there."""

    place: Address
    token: str

    def p99(self) -> float:
        """Of a person's requests, in milliseconds."""
        headers, taken = {"authorization": f"Bearer {self.token}"}, []
        # Strangers have another address: what one of them opens too many of, it takes from itself.
        way = httpx.HTTPTransport(local_address=OWN_ADDRESS, trust_env=False)
        with httpx.Client(base_url=self.place.url, headers=headers, transport=way, timeout=60) as client:
            for _ in range(REQUESTS):
                began = time.perf_counter()
                client.get("/api/0/users/me/").raise_for_status()
                taken.append(time.perf_counter() - began)
                time.sleep(PAUSE_SECONDS)
        return 1_000 * quantile(taken, 0.99)


def measure(folder: Path) -> Iterator[Measurement]:
    """One row for each kind of strangers."""
    with _control(folder) as attacked:
        attacked.p99()  # warm
        for name, crowd in CROWDS.items():
            quiet = attacked.p99()
            with _crowd(name, attacked.place):
                loud = attacked.p99()
            yield Measurement(f"p99 of a signed-in request, {crowd.what}", loud, "ms", "quiet", quiet, at_most(2))


@contextlib.contextmanager
def _crowd(name: str, place: Address) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.benchmarks.crowd", name, place.http, place.grpc]
    with subprocess.Popen(command) as running:
        time.sleep(GATHER_SECONDS)
        try:
            yield
        finally:
            running.terminate()


@contextlib.contextmanager
def _control(folder: Path) -> Iterator[Attacked]:
    place = choose_addresses((), http_port=0)["control"]
    environment = {
        **os.environ,
        "CONTROL_DATABASE_URL": f"sqlite:///{folder / 'control.db'}",
        "CONTROL_GRPC_LISTEN": place.grpc,
        "CONTROL_HTTP_LISTEN": place.http,
        **PlatformKeys().completed(["us"], shares_operator=True).variables("control"),
    }
    command = [sys.executable, "-m", "control_silo"]
    migrate = [*command, "migrate", "--bootstrap"]
    printed = subprocess.run(migrate, env=environment, check=True, capture_output=True, text=True).stdout
    token = _token_in(printed)
    with (
        (folder / "control.log").open("wb") as log,
        subprocess.Popen([*command, "serve"], env=environment, stderr=log) as running,
    ):
        try:
            _await(place)
            yield Attacked(place, token)
        finally:
            running.terminate()


def _token_in(printed: str) -> str:
    return str(json.loads(printed)["superuser"]["token"])


def _await(place: Address) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{place.url}/healthz", trust_env=False, timeout=5)
            return
        time.sleep(0.1)
    raise TimeoutError
