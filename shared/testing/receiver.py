"""An app's server: a real one, over HTTP on loopback, that remembers what it was sent and answers as told.

Usage:

    with running_receiver(secret="…") as receiver:
        receiver.answers("/boards", json=[{"value": "1", "label": "One"}])
        ...
        assert receiver.requests[0].is_signed(receiver.secret)
"""

import contextlib
import json as json_module
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.domain.signature import APP_SIGNATURE_HEADER, HOOK_SIGNATURE_HEADER, sign

SECRET = "client-secret"  # noqa: S105 - of no app that anybody has
PATIENCE_SECONDS = 20
"""How long the server waits for a test that forgot to let it go."""


@dataclass(frozen=True)
class ReceivedRequest:
    """What the third party was sent."""

    method: str
    target: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def json(self) -> Any:
        return json_module.loads(self.body)

    @property
    def event(self) -> str:
        """The event of a webhook, such as ``issue.created``; empty for what is none."""
        resource = self.headers.get("sentry-hook-resource", "")
        return f"{resource}.{self.json['action']}" if resource else ""

    def is_signed(self, secret: str) -> bool:
        """Whether either signature is the one of this body."""
        signatures = [self.headers.get(name.lower(), "") for name in (APP_SIGNATURE_HEADER, HOOK_SIGNATURE_HEADER)]
        return sign(self.body, secret=secret) in signatures


@dataclass(frozen=True)
class Reply:
    """What the third party answers, once ``held`` is set."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    held: threading.Event | None = None


class Receiver:
    """The server as a test sees it."""

    def __init__(self, secret: str, tls: ssl.SSLContext | None) -> None:
        self.secret = secret
        self.requests: list[ReceivedRequest] = []
        self.received = threading.Condition()
        self._replies: dict[str, Reply] = {}
        self._holds: list[threading.Event] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.app = self
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """``http://127.0.0.1:…``, without a path."""
        return f"http://127.0.0.1:{self.port}"

    def answers(
        self, path: str, *, status: int = 200, json: Any = None, body: bytes | None = None, **headers: str
    ) -> None:
        """From now on, a path answers with this; an underscore in a header's name stands for a hyphen."""
        content = json_module.dumps(json).encode() if body is None else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._replies[path] = Reply(status, content, named)

    def holds(self, path: str, *, json: Any = None) -> threading.Event:
        """From now on, a path answers only after the event is set; every event is set when the server stops."""
        held = threading.Event()
        self._holds.append(held)
        self._replies[path] = Reply(200, json_module.dumps(json).encode(), held=held)
        return held

    def wait_for(self, count: int) -> None:
        """Returns once that many requests have come.

        Raises:
            AssertionError: they did not within ``PATIENCE_SECONDS``.
        """
        with self.received:
            if not self.received.wait_for(lambda: len(self.requests) >= count, PATIENCE_SECONDS):
                raise AssertionError(f"{len(self.requests)} requests came, not {count}.")

    def webhooks(self, event: str = "") -> list[ReceivedRequest]:
        """What came as a webhook so far, in order; with an event such as ``issue.created`` of that one alone."""
        return [each for each in list(self.requests) if each.event and event in ("", each.event)]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        for held in self._holds:
            held.set()
        self._server.shutdown()
        self._server.server_close()

    def reply_to(self, request: ReceivedRequest) -> Reply:
        with self.received:
            self.requests.append(request)
            self.received.notify_all()
        reply = self._replies.get(request.path, Reply(404, b"{}"))
        if reply.held is not None:
            reply.held.wait(PATIENCE_SECONDS)
        return reply


@contextlib.contextmanager
def running_receiver(*, secret: str = SECRET, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A third party's server, until the block ends."""
    app = Receiver(secret, tls)
    app.start()
    try:
        yield app
    finally:
        app.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    app: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none of the third party's concern."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # every method is served alike
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.app.reply_to(ReceivedRequest(self.command, self.path, headers, body))
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""
