"""REST: reading an app against an endpoint of the same server that does nothing, and long lists against short ones."""

import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.benchmarks.measure import Measurement, at_least, at_most, interleaved
from tests.benchmarks.rest_server import EMPTY
from tests.benchmarks.topology import postgres_server

_FEW, _MANY = 100, 100_000


def measure(folder: Path) -> Iterable[Measurement]:
    yield from _measure(f"sqlite:///{folder / 'few.db'}", f"sqlite:///{folder / 'many.db'}", "SQLite")
    with postgres_server(folder / "few") as few, postgres_server(folder / "many") as many:
        yield from _measure(few.get_uri(), many.get_uri(), "PostgreSQL")


def _measure(few: str, many: str, engine: str) -> Iterable[Measurement]:
    with serving(few, apps=_FEW) as short, serving(many, apps=_MANY) as long:
        read, nothing = interleaved(long.getter("/api/0/sentry-apps/app-77/"), long.getter(EMPTY))
        among_many, among_few = interleaved(long.getter("/api/0/sentry-apps/"), short.getter("/api/0/sentry-apps/"))
    what = f"`GET` of an app among {_MANY:,}, {engine}"
    yield Measurement(what, read, "requests/s", "an empty handler", nothing, at_least(0.7))
    what = f"page 1 of {_MANY:,} apps, {engine}"
    yield Measurement(what, 1000 / among_many, "ms", f"of {_FEW}", 1000 / among_few, at_most(1.5))


class _Line:
    """One connection that is kept, without the cost of an HTTP client: it would hide what the server costs."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._socket = self._connect()
        self._head = f"Host: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"

    def getter(self, path: str) -> Callable[[], int]:
        """A function that reads the path once, and answers how long its body is in bytes."""
        request = f"GET {path} HTTP/1.1\r\n{self._head}".encode()

        def get() -> int:
            answer = self._ask(request)
            if not answer:
                # The server ends what was idle while the other line of the comparison was measured.
                self._socket.close()
                self._socket = self._connect()
                answer = self._ask(request)
            head, _, body = answer.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise ValueError(head.decode())
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            missing = length - len(body)
            while missing > 0:
                missing -= len(self._socket.recv(65_536))
            return length

        return get

    def close(self) -> None:
        self._socket.close()

    def _ask(self, request: bytes) -> bytes:
        """The beginning of the answer; empty where the server has ended the connection."""
        try:
            self._socket.sendall(request)
            return self._socket.recv(65_536)
        except ConnectionError:
            return b""

    def _connect(self) -> socket.socket:
        host, port = self._address.split(":")
        connected = socket.create_connection((host, int(port)))
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected


@contextlib.contextmanager
def serving(url: str, *, apps: int) -> Iterator[_Line]:
    """A connection to a process that serves so many apps, as a superuser."""
    command = [sys.executable, "-m", "tests.benchmarks.rest_server", url, str(apps)]
    with contextlib.ExitStack() as stack:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        stack.callback(process.stdout.close)
        stack.callback(process.wait)
        stack.callback(process.stdin.close)
        address, token = process.stdout.readline().split()
        line = _Line(address, token)
        stack.callback(line.close)
        yield line
