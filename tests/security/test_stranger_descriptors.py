"""A process that may open few files goes on, whatever number of connections strangers open. Real processes."""

import contextlib
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.cli.local.addresses import Address, choose_addresses
from shared.cli.platform_keys import PlatformKeys

ROOT = Path(__file__).parents[2]
DESCRIPTORS = 256
CONNECTIONS = 420
START_SECONDS = 60.0
MAX_LOG_BYTES = 50_000
REQUEST = b"GET / HTTP/1.1\r\nhost: a\r\n"


@dataclass(frozen=True)
class Process:
    """Control, in a process that may open few files."""

    place: Address
    log: Path
    pid: int

    def is_healthy(self) -> bool:
        """Whether HTTP answers, and gRPC on a connection of this moment."""
        answer = httpx.get(f"{self.place.url}/healthz", trust_env=False, timeout=20)
        with grpc.insecure_channel(self.place.grpc, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            served = stub.Check(health_pb2.HealthCheckRequest(), timeout=30, wait_for_ready=True)
        return answer.status_code == 200 and served.status == health_pb2.HealthCheckResponse.SERVING

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    directory = tmp_path_factory.mktemp("few")
    place, log = choose_addresses((), http_port=0)["control"], directory / "control.log"
    keys = PlatformKeys().completed(["us"], shares_operator=True)
    environment = {
        **os.environ,  # noqa: TID251 - for the child process
        "PYTHONPATH": str(ROOT),
        "CONTROL_DATABASE_URL": f"sqlite:///{directory / 'control.db'}",
        "CONTROL_GRPC_LISTEN": place.grpc,
        "CONTROL_HTTP_LISTEN": place.http,
        **keys.variables("control"),
    }
    command = [sys.executable, "-m", "control_silo"]
    subprocess.run([*command, "migrate"], env=environment, check=True, capture_output=True, timeout=START_SECONDS)
    with log.open("wb") as output, subprocess.Popen([*command, "serve"], env=environment, stderr=output) as running:
        resource.prlimit(running.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        try:
            _await_health(place)
            yield Process(place, log, running.pid)
        finally:
            running.terminate()


def _await_health(place: Address) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{place.url}/healthz", trust_env=False, timeout=5)
            return
    raise TimeoutError


@contextlib.contextmanager
def strangers(address: str, *, say: bytes) -> Iterator[list[socket.socket]]:
    """Many who connect, say that and nothing more."""
    host, _, port = address.rpartition(":")
    with contextlib.ExitStack() as stack:
        connected = []
        for _ in range(CONNECTIONS):
            with contextlib.suppress(OSError):
                each = stack.enter_context(socket.create_connection((host, int(port)), timeout=5))
                connected.append(each)
                each.sendall(say)
        yield connected


@pytest.mark.parametrize("say", [b"", REQUEST, b"nonsense\r\n\r\n"], ids=["nothing", "half a head", "nonsense"])
@pytest.mark.parametrize("port", ["http", "grpc"])
def test_connections_of_strangers_end_neither_http_nor_grpc(process: Process, port: str, say: bytes) -> None:
    with strangers(getattr(process.place, port), say=say):
        assert process.open_files() < DESCRIPTORS
        assert process.is_healthy()
    assert process.log.stat().st_size < MAX_LOG_BYTES
