"""Nobody without a key or an account can hold connections that others need. Sockets of strangers, one server."""

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from shared.http.connections import Connections, Patience
from shared.http.serve import HttpServer

PATIENCE = Patience(head_seconds=0.3, piece_seconds=0.3, read_seconds=0.3)
SENT = threading.Event()
HEAD = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n"


async def read_and_answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers once the body is here, with as much as the path says in bytes."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass
    if message["type"] == "http.request":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        size = int(scope["path"].strip("/") or 1)
        await send({"type": "http.response.body", "body": b"x" * size, "more_body": True})
        await send({"type": "http.response.body", "body": b"x"})
        SENT.set()


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as closing:
        yield closing


def serve(closing: ExitStack, *, patience: Patience = PATIENCE, **limits: Any) -> HttpServer:
    server = HttpServer(read_and_answer, listen="127.0.0.1:0", patience=patience, connections=Connections(**limits))
    server.start()
    closing.callback(server.stop)
    return server


def connected(closing: ExitStack, server: HttpServer, said: bytes = b"") -> socket.socket:
    host, port = server.address.split(":")
    stranger = closing.enter_context(socket.create_connection((host, int(port)), timeout=10))
    stranger.sendall(said)
    return stranger


def is_ended(stranger: socket.socket) -> bool:
    """Whether the server ends the connection before ten seconds are over, without a word."""
    with contextlib.suppress(ConnectionError):
        return stranger.recv(1) == b""
    return True


def answered(server: HttpServer) -> bool:
    return httpx.get(f"http://{server.address}/", trust_env=False, timeout=10).text == "xx"


@pytest.mark.parametrize(
    "said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: a\r\n", HEAD, HEAD + b"x" * 70_000], ids=range(5)
)
def test_who_keeps_the_silo_waiting_is_left(closing: ExitStack, said: bytes) -> None:
    assert is_ended(connected(closing, serve(closing), said))


def test_who_waits_for_the_silo_is_not_left(closing: ExitStack) -> None:
    server = serve(closing)
    slow = connected(closing, server, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    assert slow.recv(12) == b"HTTP/1.1 200"


def test_who_does_not_read_what_was_asked_for_is_left(closing: ExitStack) -> None:
    server = serve(closing)
    SENT.clear()
    deaf = connected(closing, server, b"GET /50000000 HTTP/1.1\r\nhost: a\r\n\r\n")
    assert deaf.recv(12) == b"HTTP/1.1 200"
    assert SENT.wait(10), "whoever answers is told that the client is gone"


@pytest.mark.parametrize("limits", [{"maximum": 20}, {"address_maximum": 20}])
def test_whoever_is_new_takes_the_place_of_who_is_silent(closing: ExitStack, limits: dict[str, int]) -> None:
    server = serve(closing, patience=Patience(), **limits)
    silent = [connected(closing, server) for _ in range(20)]
    assert answered(server)
    assert is_ended(silent[0])


def test_who_was_answered_keeps_the_place_of_who_is_silent(closing: ExitStack) -> None:
    server = serve(closing, patience=Patience(), maximum=20)
    # A client gives a connection up by itself after some seconds, which a busy machine may take.
    limits = httpx.Limits(keepalive_expiry=None)
    with httpx.Client(base_url=f"http://{server.address}", trust_env=False, timeout=10, limits=limits) as client:
        assert client.get("/").text == "xx"
        silent = [connected(closing, server) for _ in range(19)]
        # The server accepts some at a time: whoever is answered meanwhile would be older than who comes after.
        answers = [client.get("/") for _ in range(5)]
        place = answers[-1].extensions["network_stream"].get_extra_info("client_addr")
        closing.enter_context(socket.create_connection(silent[0].getpeername()[:2], timeout=10))
        assert is_ended(silent[0])
        assert client.get("/").extensions["network_stream"].get_extra_info("client_addr") == place


def test_a_warning_is_not_repeated(closing: ExitStack, caplog: pytest.LogCaptureFixture) -> None:
    server = serve(closing)
    for _ in range(20):
        stranger = connected(closing, server, b"nonsense\r\n\r\n")
        assert stranger.recv(12) == b"HTTP/1.1 400"
    said = [record for record in caplog.records if record.name == "uvicorn.error" and record.levelno >= logging.WARNING]
    assert len(said) <= 1
