import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared.errors import ConfigInvalid
from shared.http.serve import HttpServer


async def hello(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
def server() -> Iterator[HttpServer]:
    server = HttpServer(hello, listen="127.0.0.1:0")
    server.start()
    yield server
    server.stop()


def test_a_started_server_answers_at_the_address_it_names(server: HttpServer) -> None:
    assert httpx.get(f"http://{server.address}/").text == "hello"


def test_the_socket_says_that_it_is_tcp_so_that_no_answer_waits_for_an_acknowledgement(server: HttpServer) -> None:
    assert server._socket.proto == socket.IPPROTO_TCP


def test_a_port_in_use_is_refused_before_anything_starts(server: HttpServer) -> None:
    with pytest.raises(ConfigInvalid, match=server.address):
        HttpServer(hello, listen=server.address)


@pytest.mark.parametrize("listen", ["127.0.0.1:99999", "nohost.invalid:80", "127.0.0.1:x"])
def test_an_address_that_cannot_be_listened_on_is_named(listen: str) -> None:
    with pytest.raises(ConfigInvalid, match="cannot be listened on"):
        HttpServer(hello, listen=listen)


def test_stopping_twice_is_harmless_and_frees_the_port(server: HttpServer) -> None:
    server.stop()
    server.stop()
    again = HttpServer(hello, listen=server.address)
    again.start()
    assert again.address == server.address
    again.stop()
