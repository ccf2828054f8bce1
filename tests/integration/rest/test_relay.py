"""Bodies stream both ways, headers stay intact, and a region that says nothing is given up."""

import contextlib
import gzip
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeAlias

import httpx
import pytest
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.testing import capture_logs

from shared.category import Category
from shared.consistency import WrittenVersion, encode
from shared.domain.http_address import SiloAddress
from shared.http.relayed_body import PIECE_BYTES, PIECE_SECONDS, TOO_SLOW
from shared.http.transport import MAX_CONNECTIONS
from tests.integration.rest.far import WAIT_SECONDS, Far, Gate

Answer: TypeAlias = Callable[[Request], Response]
StartFar: TypeAlias = Callable[..., Far]


@pytest.fixture
def start_far() -> Iterator[StartFar]:
    """Starts a far end that answers with an ASGI application, and a near end before it."""
    with contextlib.ExitStack() as running:

        def start(application: ASGIApp, *, answer_seconds: float = 10, piece_seconds: float = PIECE_SECONDS) -> Far:
            far = Far(application, answer_seconds=answer_seconds, piece_seconds=piece_seconds)
            running.callback(far.close)
            return far

        yield start


def _answering(answer: Answer) -> ASGIApp:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await answer(Request(scope, receive))(scope, receive, send)

    return application


def test_an_answer_streams_as_the_region_writes_it(start_far: StartFar) -> None:
    has_first = Gate()

    async def parts() -> AsyncIterator[bytes]:
        yield b"first"
        yield b"second" if await run_in_threadpool(has_first.passed) else b"nobody read"

    far = start_far(_answering(lambda _: StreamingResponse(parts())))
    with httpx.stream("GET", far.url) as answer:
        received = answer.iter_raw()
        assert next(received) == b"first"
        has_first.open()
        assert b"".join(received) == b"second"


def test_a_body_streams_as_the_client_writes_it(start_far: StartFar) -> None:
    has_first = Gate()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            body = b"".join([part async for part in _noting(Request(scope, receive), has_first)])
            await Response(body.lstrip(b"1"))(scope, receive, send)

    def parts() -> Iterator[bytes]:
        yield b"1" * PIECE_BYTES
        yield b"second" if has_first.passed() else b"nobody read"

    assert httpx.post(start_far(application).url, content=parts()).content == b"second"


async def _noting(request: Request, gate: Gate) -> AsyncIterator[bytes]:
    async for part in request.stream():
        gate.open()
        yield part


def test_the_region_is_told_when_the_client_has_gone(start_far: StartFar) -> None:
    is_gone = Gate()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
            while (await receive())["type"] != "http.disconnect":
                pass
            is_gone.open()

    with httpx.stream("GET", start_far(application).url) as answer:
        assert next(answer.iter_raw()) == b"first"
    assert is_gone.passed()


def test_headers_arrive_as_they_were_sent(start_far: StartFar) -> None:
    far = start_far(_answering(lambda request: Response(repr(sorted(request.headers.items())))))
    token = encode([WrittenVersion(Category.APP, 1, 1)])
    sent = {"X-Sentry-Auth": "Sentry sentry_key=a", "silo-consistency-token": token, "X-Many": "1, 2"}
    seen = httpx.get(far.url, headers=sent).text
    assert all(repr((name.lower(), value)) in seen for name, value in sent.items())


def test_what_concerns_one_connection_is_not_passed_on(start_far: StartFar) -> None:
    far = start_far(_answering(lambda request: Response(repr(sorted(request.headers.keys())))))
    sent = {"Connection": "X-Mine", "X-Mine": "1", "Keep-Alive": "5", "TE": "trailers", "Proxy-Authorization": "no"}
    seen = httpx.get(far.url, headers=sent).text
    assert not any(name in seen for name in ("x-mine", "keep-alive", "'te'", "proxy-authorization"))


def test_nothing_is_added_that_the_client_did_not_send(start_far: StartFar) -> None:
    far = start_far(_answering(lambda request: Response(repr(sorted(request.headers.keys())))))
    with httpx.Client() as client:
        client.headers.clear()
        seen = client.send(httpx.Request("GET", far.url)).text
    assert seen == repr(["host", "silo-forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"])


def test_an_answers_bytes_and_what_belongs_to_them_are_untouched(start_far: StartFar) -> None:
    body = gzip.compress(b"packed")

    def answer(_: Request) -> Response:
        return Response(body, status_code=207, headers={"content-encoding": "gzip", "silo-reason": "X"})

    with httpx.stream("GET", start_far(_answering(answer)).url) as answered:
        assert b"".join(answered.iter_raw()) == body
    assert (answered.status_code, answered.headers["silo-reason"]) == (207, "X")


def test_a_redirect_is_not_followed(start_far: StartFar) -> None:
    far = start_far(_answering(lambda _: Response(status_code=302, headers={"location": "http://127.0.0.1:9/"})))
    assert httpx.get(far.url, follow_redirects=False).status_code == 302


def test_path_and_query_arrive_as_they_were_written(start_far: StartFar) -> None:
    def answer(request: Request) -> Response:
        return Response(request.scope["raw_path"] + b"?" + request.scope["query_string"])

    written = "/a%2Fb/%C3%A9/?q=a+b%20c&q=%22&x"
    assert httpx.get(start_far(_answering(answer)).url + written).text == written


@pytest.mark.parametrize(
    "written", ["/a/?q=" + "a" * 70_000, "/a/?q=%zz|{}", "/a/#f"], ids=["long", "no URL", "fragment"]
)
def test_what_is_no_url_arrives_as_it_was_written(start_far: StartFar, written: str) -> None:
    def answer(request: Request) -> Response:
        return Response(b"?".join(filter(None, (request.scope["raw_path"], request.scope["query_string"]))))

    far = start_far(_answering(answer))
    head = f"GET {written} HTTP/1.1\r\nHost: near\r\nConnection: close\r\n\r\n"
    assert _exchange(far, head.encode()).endswith(written.encode())


@pytest.mark.parametrize("path", ["/a/../metrics", "/a/%2e%2e/metrics", "/a/..%2fmetrics", "/./a/"])
def test_a_path_that_climbs_leads_nowhere(start_far: StartFar, path: str) -> None:
    far = start_far(_answering(lambda _: Response(b"arrived")))
    head = f"GET {path} HTTP/1.1\r\nHost: near\r\nConnection: close\r\n\r\n"
    assert _exchange(far, head.encode()).startswith(b"HTTP/1.1 404 ")


def test_a_length_beside_chunks_is_not_believed(start_far: StartFar) -> None:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await Response(await Request(scope, receive).body())(scope, receive, send)

    head = (
        b"POST / HTTP/1.1\r\nHost: near\r\nConnection: close\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    answer = _exchange(start_far(application), head + b"4\r\nbody\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\nbody")


def test_a_body_that_does_not_come_costs_its_client_alone(start_far: StartFar) -> None:
    far = start_far(_answering(lambda _: Response(b"ok")), piece_seconds=0.05)
    answer = _exchange(far, b"POST / HTTP/1.1\r\nHost: near\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert TOO_SLOW.encode() in answer
    assert httpx.get(far.url).content == b"ok"


def test_no_connection_waits_for_a_body(start_far: StartFar) -> None:
    far = start_far(_answering(lambda _: Response(b"ok")))
    with contextlib.ExitStack() as slow:
        for _ in range(MAX_CONNECTIONS + 1):
            client = slow.enter_context(_connection(far))
            client.sendall(b"POST / HTTP/1.1\r\nHost: near\r\nContent-Length: 9\r\n\r\n{")
        assert httpx.get(far.url).content == b"ok"


def _connection(far: Far) -> socket.socket:
    host, _, port = far.url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=WAIT_SECONDS)


def _exchange(far: Far, request: bytes) -> bytes:
    """Whatever the near end answers to bytes that no client library would send."""
    with _connection(far) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_a_region_that_says_nothing_is_given_up(start_far: StartFar) -> None:
    is_over = Gate()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await run_in_threadpool(is_over.passed)

    far = start_far(application, answer_seconds=0.05)
    answers = [httpx.get(far.url) for _ in range(4)]
    is_over.open()
    assert [answer.status_code for answer in answers] == [503] * 4
    assert answers[0].json() == {"detail": "The region us is not available right now."}


def test_a_slow_answer_does_not_shut_the_others_out(start_far: StartFar) -> None:
    is_over = Gate()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if scope["path"] == "/slow":
                await run_in_threadpool(is_over.passed)
            with contextlib.suppress(ClientDisconnect):
                await Response(b"ok")(scope, receive, send)

    far = start_far(application, answer_seconds=0.05)
    statuses = [httpx.get(far.url + path).status_code for path in ("/slow", "/", "/slow", "/slow", "/", "/slow")]
    is_over.open()
    assert statuses == [503, 200, 503, 503, 200, 503]


def test_an_address_that_leads_back_is_refused_at_the_second_hop(start_far: StartFar) -> None:
    far = start_far(_answering(lambda _: Response()))
    far.address = SiloAddress("us", far.url)
    with capture_logs() as logs:
        answer = httpx.get(f"{far.url}/path?query")
    text = "The address of the region us leads back to where it was asked from."
    assert (answer.status_code, answer.json()) == (503, {"detail": text})
    assert [entry["event"] for entry in logs] == ["relay.leads_back"]


def test_an_answer_that_breaks_off_breaks_off_and_is_no_failure_here(start_far: StartFar) -> None:
    async def breaking_off(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"50")]})
            await send({"type": "http.response.body", "body": b"a part", "more_body": True})

    far = start_far(breaking_off)
    with capture_logs() as logs, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(far.url)
    assert [entry["event"] for entry in logs] == ["relay.answer_broken_off"]


def test_large_bodies_on_their_way_leave_connections_to_others(start_far: StartFar) -> None:
    far = start_far(_answering(lambda _: Response(b"ok")))
    with contextlib.ExitStack() as slow:
        for _ in range(MAX_CONNECTIONS + 1):
            client = slow.enter_context(_connection(far))
            client.sendall(b"POST / HTTP/1.1\r\nHost: near\r\nContent-Length: 9000000\r\n\r\n" + b"x" * PIECE_BYTES)
        assert httpx.get(far.url).content == b"ok"
        assert httpx.post(far.url, content=b"here").content == b"ok"
