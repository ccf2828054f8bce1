"""A far end that does what a test tells it to, on a real port, and a near end that relays everything to it."""

import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from shared.clock import FrozenClock, SystemClock
from shared.domain.http_address import SiloAddress
from shared.http.application import create_application
from shared.http.measure import Metrics
from shared.http.relay import Relay
from shared.http.relayed_body import PIECE_SECONDS
from shared.http.serve import HttpServer
from tests.keys import keys_of

WAIT_SECONDS = 10.0
"""How long a test waits for what must happen."""


@dataclass
class Gate:
    """Something that one side waits for and the other lets happen; works between threads and event loops."""

    _event: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        self._event.set()

    def passed(self) -> bool:
        """Waits; False when nothing happened in time."""
        return self._event.wait(WAIT_SECONDS)


class Far:
    """The far end's server, and the near end's that relays to it."""

    def __init__(self, application: ASGIApp, *, answer_seconds: float, piece_seconds: float = PIECE_SECONDS) -> None:
        self.clock = FrozenClock()
        self._far = HttpServer(application, listen="127.0.0.1:0")
        self._far.start()
        self.address = SiloAddress("us", f"http://{self._far.address}")
        relay = Relay(keys_of("control"), clock=self.clock, answer_seconds=answer_seconds, piece_seconds=piece_seconds)
        self._near = HttpServer(_near(relay, lambda: self.address), listen="127.0.0.1:0")
        self._near.start()
        self.url = f"http://{self._near.address}"
        """Of the near end."""

    def close(self) -> None:
        self._near.stop()
        self._far.stop()


def _near(relay: Relay, address: Callable[[], SiloAddress]) -> FastAPI:
    app = create_application([], title="near", description="", metrics=Metrics(list_ages=list, clock=SystemClock()))

    async def forward(request: Request) -> Response:
        return await relay.forward(request, to=address())

    app.add_api_route("/{rest:path}", forward, methods=["GET", "POST"], response_model=None)
    app.router.lifespan_context = lambda _: _Closing(relay.close)
    return app


@dataclass
class _Closing:
    close: Callable[[], Awaitable[None]]

    async def __aenter__(self) -> None:
        """Nothing is open yet."""

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()
