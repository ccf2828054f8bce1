"""A region that answers what is no answer of HTTP, without end: control gives up, and serves all others meanwhile."""

import asyncio
import contextlib
import itertools
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from shared.domain.http_address import SiloAddress
from shared.http.transport import CRUMB_BYTES, MAX_CRUMBS, MAX_HEAD_BYTES, open_transport

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
CRUMB = b"1\r\nx\r\n"
ROOM_BYTES = 32 * 1024 * 1024
"""More than lies between two processes on its way."""


class TakenRegion:
    """Whoever took a region, and says so much to whoever asks."""

    def __init__(self, said: Iterable[bytes], *, pause_seconds: float = 0.0) -> None:
        self._said, self._pause_seconds, self.bytes = said, pause_seconds, 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    @property
    def address(self) -> SiloAddress:
        return SiloAddress("de", f"http://127.0.0.1:{self._socket.getsockname()[1]}")

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(10)
        self._socket.close()

    def _answer(self) -> None:
        with contextlib.suppress(OSError), self._socket.accept()[0] as asking:
            asking.settimeout(10)
            asking.recv(65_536)
            for piece in itertools.takewhile(lambda _: not self._ended.wait(self._pause_seconds), self._said):
                asking.sendall(piece)
                self.bytes += len(piece)


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as closing:
        yield closing


def ask(taken: TakenRegion, *, read_seconds: float = 30.0) -> bytes:
    """The body of its answer, as control is told it."""

    async def asked() -> bytes:
        timeouts = {"connect": 10.0, "read": read_seconds, "write": 10.0, "pool": 10.0}
        async with open_transport(taken.address) as transport:
            request = httpx.Request("GET", taken.address.url, extensions={"timeout": timeouts})
            answer = await transport.handle_async_request(request)
            async with contextlib.aclosing(answer):
                return b"".join([piece async for piece in answer.aiter_raw()])

    return asyncio.run(asked())


@pytest.mark.parametrize(
    "piece",
    [b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000, OK + b"vary: a\r\n" * 10_000, OK + b"vary: " + b"a" * 100_000],
    ids=["one continue after the other", "headers without end", "one header without end"],
)
def test_a_head_without_end_is_not_read_to_its_end(closing: ExitStack, piece: bytes) -> None:
    taken = TakenRegion(itertools.repeat(piece))
    closing.callback(taken.stop)
    with pytest.raises(httpx.RemoteProtocolError):
        ask(taken)
    assert taken.bytes < ROOM_BYTES


@pytest.mark.parametrize("piece", [b"HTTP/1.1 102 Processing\r\n\r\n", b"x"], ids=["continuing", "a header that drips"])
def test_a_head_that_drips_is_waited_for_no_longer_than_one_that_does_not_come(
    closing: ExitStack, piece: bytes
) -> None:
    taken = TakenRegion(
        itertools.chain([OK + b"x: "] if piece == b"x" else [], itertools.repeat(piece)), pause_seconds=0.05
    )
    closing.callback(taken.stop)
    with pytest.raises(httpx.ReadTimeout):
        ask(taken, read_seconds=1.0)
    assert taken.bytes < MAX_HEAD_BYTES


def test_a_body_in_crumbs_is_broken_off(closing: ExitStack) -> None:
    taken = TakenRegion(itertools.chain([CHUNKED], itertools.repeat(CRUMB * 10_000)))
    closing.callback(taken.stop)
    with pytest.raises(httpx.RemoteProtocolError, match="crumbs"):
        ask(taken)
    assert taken.bytes < ROOM_BYTES


def test_a_body_with_a_few_crumbs_arrives(closing: ExitStack) -> None:
    few, many = MAX_CRUMBS // 2, 2 * MAX_CRUMBS
    whole = b"%x\r\n%b\r\n" % (CRUMB_BYTES, b"x" * CRUMB_BYTES)
    taken = TakenRegion([CHUNKED, CRUMB * few + whole * many, b"0\r\n\r\n"])
    closing.callback(taken.stop)
    assert ask(taken) == b"x" * (few + CRUMB_BYTES * many)


@pytest.mark.parametrize("status", [b"101", b"000", b"600", b"999"])
def test_what_is_no_status_is_no_answer(closing: ExitStack, status: bytes) -> None:
    taken = TakenRegion([b"HTTP/1.1 " + status + b" Strange\r\ncontent-length: 0\r\n\r\n"])
    closing.callback(taken.stop)
    with pytest.raises(httpx.RemoteProtocolError):
        ask(taken)
