"""Carries requests to other silos and answers back. Owns connections, deadlines and a circuit per silo.

Bodies stream both ways and are never held whole; nothing is followed, retried or interpreted. A silo that is away, or a
client that sends slowly, costs its own callers one refusal and nobody else anything. What one silo has forwarded the
other does not forward again, and what comes back by a wrong address is refused. A client's credentials go to control.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field

import httpx
import structlog
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from shared.circuit import Circuit
from shared.clock import Clock
from shared.domain.http_address import SiloAddress
from shared.domain.peer import CONTROL, silo_away, spoken_name
from shared.errors import AddressRefused, RateLimited, RequestRefused, SiloUnreachable
from shared.http.errors import NOT_OFFERED, Refused
from shared.http.event_pages import is_for_events
from shared.http.forwarded import CLIENT_HEADER, IS_FORWARDED, OWN_HEADERS, ForwardingProver, forwarded_to
from shared.http.pagination import public_url
from shared.http.relayed_answer import OF_ONE_HOP, RelayedAnswer, passed_on
from shared.http.relayed_body import PIECE_SECONDS, RelayedBody
from shared.http.transport import OpenTransport, open_transport
from shared.outgoing.trust import problem_of
from shared.rpc.keyring import Keys

log = structlog.get_logger(__name__)

# Silos are near each other or have a proxy near; who does not even accept is away.
CONNECT_SECONDS = 2.0
"""How long reaching a silo may take."""
# Longer than a silo waits for an app and its database together, so that its own refusals arrive.
ANSWER_SECONDS = 15.0
"""How long a silo may say nothing: before it answers, and between two parts of an answer or of a body it takes."""
QUESTION_SECONDS = 3.0
"""How long a silo may say nothing to a question that decides where a request goes."""

# A few clients that send no faster than they must would else take all of them.
MAX_STREAMED = 50
"""Connections to one silo, for events or for others, that bodies may take which are still on their way."""
STREAMED_WAIT_SECONDS = 10.0
"""How long a larger body waits for one of these."""

_NOT_SENT = OF_ONE_HOP | {name.encode() for name in ("host", "expect", "forwarded", CLIENT_HEADER, *OWN_HEADERS)}
_CREDENTIALS = frozenset({b"authorization", b"cookie"})
"""What control alone is shown."""
_PROJECT_KEY = re.compile(rb"\s*sentry\s", re.IGNORECASE)
"""How an ``Authorization`` begins that shows the public key of a project: only regions know these."""

_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")


@dataclass(frozen=True)
class _Line:
    url: str
    transport: httpx.AsyncBaseTransport
    circuit: Circuit
    for_slow: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_STREAMED))
    """Connections that may be taken before the whole body is here."""

    @contextlib.asynccontextmanager
    async def place_for(self, body: RelayedBody) -> AsyncIterator[None]:
        """A place among the connections; at once for a body that is here, which most are before they are passed on.

        Raises:
            RateLimited: all that may wait for bodies wait already, and go on doing so.
        """
        if body.is_here:
            yield
            return
        try:
            async with asyncio.timeout(STREAMED_WAIT_SECONDS):
                await self.for_slow.acquire()
        except TimeoutError as exc:
            raise RateLimited("Too many large bodies are on their way already.") from exc
        try:
            yield
        finally:
            self.for_slow.release()

    @contextlib.contextmanager
    def noting(self, silo: str) -> Iterator[None]:
        """What a call to the silo says of it.

        Raises:
            SiloUnreachable: it is away.
            RequestRefused: the call cannot be made.
        """
        try:
            yield
        # It says nothing of the silo: this process has no connection to spare.
        except httpx.PoolTimeout as exc:
            self.circuit.abandoned()
            raise silo_away(silo) from exc
        except httpx.LocalProtocolError as exc:
            self.circuit.abandoned()
            raise RequestRefused("The request cannot be forwarded.") from exc
        except (httpx.ReadTimeout, httpx.WriteTimeout) as exc:
            # Told apart from a silo that cannot be reached: it may answer others in time.
            self.circuit.timed_out()
            raise silo_away(silo) from exc
        except (httpx.TransportError, AddressRefused) as exc:
            self.circuit.failed()
            self._say_why(silo, exc)
            raise silo_away(silo) from exc
        except BaseException:
            self.circuit.abandoned()
            raise
        self.circuit.answered()

    def _say_why(self, silo: str, error: Exception) -> None:
        if isinstance(error, AddressRefused):
            log.warning("relay.address_refused", silo=silo, url=self.url)
        elif problem := problem_of(error):
            log.warning("relay.tls_failed", silo=silo, problem=problem)


class Relay:
    """The lines to other silos, for use in one event loop."""

    def __init__(
        self,
        keys: Keys,
        *,
        clock: Clock,
        answer_seconds: float = ANSWER_SECONDS,
        piece_seconds: float = PIECE_SECONDS,
        open_transport: OpenTransport = open_transport,
    ) -> None:
        """Args:
        keys: signs the fact that a request was forwarded.
        clock: times signatures and probes.
        answer_seconds: how long a silo may say nothing.
        piece_seconds: how long a client may take for a piece of its body.
        open_transport: makes the connections to a silo.
        """
        self._timeouts = {
            "connect": CONNECT_SECONDS,
            "read": answer_seconds,
            "write": answer_seconds,
            "pool": CONNECT_SECONDS,
        }
        self._question_timeouts = self._timeouts | {"read": min(answer_seconds, QUESTION_SECONDS)}
        self._piece_seconds = piece_seconds
        self._keys = keys
        self._prover = ForwardingProver(keys, clock=clock)
        self._clock = clock
        self._open_transport = open_transport
        self._lines: dict[tuple[str, bool], _Line] = {}
        """By silo, and whether they carry events."""

    async def ask(self, request: Request, *, to: SiloAddress, principal: bytes | None) -> int:
        """The status of the silo's answer, which is dropped.

        Raises:
            SiloUnreachable, Refused: as ``forward``; a silo that hangs is away sooner.
        """
        answer = await self.forward(request, to=to, principal=principal, is_question=True)
        await answer.drop()
        return answer.status_code

    async def forward(
        self, request: Request, *, to: SiloAddress, principal: bytes | None = None, is_question: bool = False
    ) -> RelayedAnswer:
        """The silo's answer, whatever its status; its body is still on the way.

        Args:
            request: as the client sent it.
            to: the silo.
            principal: who asks, serialized, as the region may know them; None for nobody. Control is shown credentials.
            is_question: whether a silo that says nothing is waited for shortly alone.

        Raises:
            SiloUnreachable: the silo is away, or was a moment ago; or its address leads here.
            Refused: the path has no meaning here, another silo has forwarded it, or the body comes too slowly.
            RateLimited: too many large bodies are on their way.
        """
        # First of all: before anything is opened for a request that would only come back.
        self.refuse_circle(request)
        target = _target_of(request)
        body = await RelayedBody.begun(request, piece_seconds=self._piece_seconds)
        line = await self._admitting_line(to, carries_events=is_for_events(request.scope["path"]))
        with line.noting(to.name):
            async with line.place_for(body):
                sent = self._outgoing(request, to, target, body, principal)
                sent.extensions["timeout"] = self._question_timeouts if is_question else self._timeouts
                answer = await line.transport.handle_async_request(sent)
        return RelayedAnswer(answer, silo=to.name, asked_at=public_url(request))

    def refuse_circle(self, request: Request) -> None:
        """Refuses what was on its way to another silo already and came here: it would come here again and again.

        Raises:
            SiloUnreachable: it is so; that silo's address is wrong.
        """
        silo = forwarded_to(request.scope, keys=self._keys, clock=self._clock)
        if silo is not None:
            log.error("relay.leads_back", silo=silo)
            text = f"The address of {spoken_name(silo)} leads back to where it was asked from."
            raise SiloUnreachable(text, metadata={"silo": silo})

    async def close(self) -> None:
        """Ends every connection."""
        # Taken first, so that a request that still runs opens no connection on a line that is being closed.
        lines, self._lines = self._lines, {}
        for line in lines.values():
            await line.transport.aclose()

    async def _admitting_line(self, to: SiloAddress, *, carries_events: bool) -> _Line:
        key = (to.name, carries_events)
        line = self._lines.get(key)
        # A region that moved registers anew: the connections to where it was are of no use.
        if line is None or line.url != to.url:
            self._lines[key] = _Line(to.url, self._open_transport(to), Circuit(self._clock))
            if line:
                await line.transport.aclose()
            line = self._lines[key]
        if not line.circuit.admits():
            raise silo_away(to.name)
        return line

    def _outgoing(
        self, request: Request, to: SiloAddress, target: bytes, body: RelayedBody, principal: bytes | None
    ) -> httpx.Request:
        url = httpx.URL(to.url)
        target = url.raw_path.rstrip(b"/") + target
        protocol, _, host = public_url(request).partition("://")
        proof = self._prover.headers(
            silo=to.name,
            method=request.method,
            target=target.decode("ascii"),
            protocol=protocol,
            host=host,
            principal=principal,
        )
        said = passed_on(request.headers.raw, drop=_NOT_SENT)
        # A region is told who asks; the credentials themselves would let it ask in the client's name (DESIGN 6).
        shown = said if to.name == CONTROL else [each for each in said if not _is_credential(*each)]
        headers = [*shown, *((name.encode(), value.encode()) for name, value in (*proof, *_client_of(request)))]
        return httpx.Request(
            request.method,
            url,
            headers=headers,
            content=body.content,
            # The target beside the URL, because a URL is parsed: rewritten here and refused there.
            extensions={"target": target},
        )


def forward_paths(app: FastAPI, paths: Iterable[str], endpoint: Callable[[Request], Awaitable[Response]]) -> None:
    """Serves the paths, with every method, after the application's own, and outside its documentation."""
    for path in paths:
        app.add_api_route(path, endpoint, methods=list(_METHODS), response_model=None, include_in_schema=False)


def close_with(app: FastAPI, relay: Relay) -> None:
    """Ends the relay's connections when the application ends."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await relay.close()

    app.router.lifespan_context = lifespan


def _target_of(request: Request) -> bytes:
    """Path and query as the client wrote them.

    Raises:
        Refused: the request was forwarded here; or its path climbs, and may mean another one before the silo.
    """
    if IS_FORWARDED in request.scope:
        raise Refused(404, NOT_OFFERED)
    # Some servers resolve dots and some do not: control would judge one path and the region serve another.
    if not {".", ".."}.isdisjoint(request.scope["path"].split("/")):
        raise Refused(404, NOT_OFFERED)
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope.get("query_string", b"")
    return path + b"?" + query if query else path


def _is_credential(name: bytes, value: bytes) -> bool:
    return name in _CREDENTIALS and not _PROJECT_KEY.match(value)


def _client_of(request: Request) -> Iterator[tuple[str, str]]:
    """From where it comes, as this silo believes it; what the client says of that itself is not passed on."""
    if request.client is not None:
        yield CLIENT_HEADER, request.client.host
