"""``stream/``: what an app is told and asked, as it happens, for who has no public address (DESIGN §10).

Server-sent events. Owns their two shapes, how many streams there may be and how long one lasts, and what proves that
one may listen. Refuses to know where deliveries come from.
"""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from typing import TypeAlias

from fastapi import Response
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from control_silo.api.apps import get_visible_app
from control_silo.api.request import ApiRequest, Incoming
from control_silo.bodies.app_call import AttemptBody, ChannelObject, DeliveryObject
from control_silo.models.app import SentryApp
from control_silo.services import app_access
from control_silo.services.app_deliveries import DeliveryName
from control_silo.services.app_feed import FeedResult, Heard, WorldPlace, log_attempt, read_world
from control_silo.services.channel import channel_key, get_app_of_channel
from control_silo.services.control import Control
from shared.domain.headers import merge_headers
from shared.domain.instant import instant_json
from shared.domain.json_field import parse_instant, parse_integer, refusing
from shared.errors import RateLimited, SiloError
from shared.http.answer import json_answer
from shared.http.endpoint import Endpoints, EventStream, Parameter
from shared.http.pagination import public_url
from shared.http.threads import ThreadPool

endpoints = Endpoints("Apps")

STREAM_SECONDS = 1800.0
"""After this a stream ends; whoever listens goes on after its last event."""
HEARTBEAT_SECONDS = 5.0
"""How often something is sent at least, so that nothing in between takes the stream for dead."""
# Regions have no bell that rings here; half a second is soon enough for somebody who watches.
POLL_SECONDS = 0.5
CHECK_SECONDS = 60.0
"""How often it is looked whether the listener still may."""
MAX_STREAMS = 64
"""How many one process serves."""
MAX_STREAMS_OF_APP = 8

_APP = "/sentry-apps/{app_id_or_slug}"
# A few of their own: streams wait most of the time, and must not take the threads of requests.
_THREADS = ThreadPool("streams", threads=4, max_waiting=MAX_STREAMS)
_PARAMETERS = (
    Parameter(
        name="since",
        description="From when on, where the header `Last-Event-ID` says nothing; now when absent.",
        schema={"type": "string", "format": "date-time"},
    ),
    Parameter(
        name="seconds",
        description="After this the stream ends, once there is nothing more to show; at 0 it shows what is there.",
        schema={"type": "integer", "minimum": 0, "maximum": int(STREAM_SECONDS), "default": int(STREAM_SECONDS)},
    ),
)
Print: TypeAlias = Callable[[Heard], str]


class Streams:
    """How many streams are open in this process, by app; safe to share between threads."""

    def __init__(self) -> None:
        self._by_app: Counter[int] = Counter()
        self._lock = threading.Lock()

    def enter(self, app_id: int) -> None:
        """Raises:
        RateLimited: there are too many.
        """
        with self._lock:
            # One app's listeners leave room for those of others.
            if self._by_app.total() >= MAX_STREAMS or self._by_app[app_id] >= MAX_STREAMS_OF_APP:
                raise RateLimited("Too many streams are open already.")
            self._by_app[app_id] += 1

    def leave(self, app_id: int) -> None:
        with self._lock:
            self._by_app[app_id] -= 1


@dataclass(frozen=True, kw_only=True)
class _Stream:
    """One listener."""

    control: Control
    app_id: int
    place: WorldPlace
    seconds: float
    """After this it ends, once there is nothing more to be shown."""
    printed: Print
    check: Callable[[], object]
    """Raises when the listener may not any more; asks the database."""

    async def events(self) -> AsyncIterator[str]:
        """What is sent, until it is time to come again."""
        place, begun_at = self.place, time.monotonic()
        said_at = checked_at = begun_at
        # By the first event one is told where one is, also when nothing happens for hours.
        yield f"id: {place}\nevent: ready\ndata: {{}}\n\n"
        while (now := time.monotonic()) - begun_at < STREAM_SECONDS:
            # A token may end and a person leave while the stream is open.
            if now - checked_at >= CHECK_SECONDS:
                await _THREADS.run(self.check)
                checked_at = now
            found = await self._read(place)
            for heard in found.heard:
                yield f"id: {heard.place}\n{self.printed(heard)}\n\n"
            place = found.place
            if found.heard:
                said_at = now
                continue
            # Only where there was nothing more: whoever asks for what is there gets all of it.
            if now - begun_at >= self.seconds:
                return
            if now - said_at >= HEARTBEAT_SECONDS:
                # With the place: who comes again goes on from there, and not from where the last event was.
                yield f"id: {place}\nevent: ping\ndata: {{}}\n\n"
                said_at = now
            await asyncio.sleep(POLL_SECONDS)

    async def _read(self, place: WorldPlace) -> FeedResult:
        try:
            return await _THREADS.run(read_world, self.control, self.app_id, after=place)
        except SiloError:
            # A database that is away for a moment ends no stream: nothing is passed over meanwhile.
            return FeedResult((), place)


class _StreamAnswer(StreamingResponse):
    """Gives its place back when it ends, however it does."""

    def __init__(self, stream: _Stream, streams: Streams) -> None:
        super().__init__(
            stream.events(),
            media_type=EventStream.media_type,
            # Nothing in between may keep what happens now for later.
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )
        self._leave = partial(streams.leave, stream.app_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


@endpoints.add("GET", f"{_APP}/stream/", answers={200: EventStream}, parameters=_PARAMETERS)
def get_stream(request: Incoming, app_id_or_slug: str) -> Response:
    """Streams what an app is told and asked by every silo, as server-sent events: each `delivery` has the request as it
    would be made just now, byte for byte. Goes on after the event that `Last-Event-ID` names and misses nothing that is
    kept; ends after half an hour, to be opened again. At most 8 for one app. Regions that are away follow when they are
    back.
    """

    def find_app() -> tuple[SentryApp, Sequence[str]]:
        with request.signed_in(scopes=app_access.READ_SCOPES) as principal:
            app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_read_requests).app
            # Custom headers may be secrets, and are shown where the client secret is.
            return app, app.webhook_headers if app_access.may_see_secrets(principal, app) else ()

    app, custom = find_app()
    return _open(request, app, lambda heard: _delivery_event(heard, custom), find_app)


@endpoints.add("GET", f"{_APP}/channel/", answers={200: ChannelObject})
def get_channel(request: Incoming, app_id_or_slug: str) -> Response:
    """Gives the address of the stream that clients of smee.io understand. Whoever has it may listen, until the client
    secret is rotated.
    """
    with request.signed_in(scopes=app_access.READ_SCOPES) as principal:
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_see_secrets).app
        path = f"/api/0/sentry-apps/{app.slug}/stream/{channel_key(app)}/"
        return json_answer(ChannelObject(url=f"{public_url(request.http)}{path}"))


@endpoints.add("GET", f"{_APP}/stream/{{channel}}/", answers={200: EventStream}, parameters=_PARAMETERS)
def get_channel_stream(request: Incoming, app_id_or_slug: str, channel: str) -> Response:
    """Streams webhooks to an app as smee.io does, for its clients: headers and the parsed `body` in one object."""

    def find_app() -> SentryApp:
        with request.control.database.session():
            return get_app_of_channel(app_id_or_slug, channel)

    return _open(request, find_app(), _smee_event, find_app)


@endpoints.add("POST", f"{_APP}/deliveries/{{delivery_id}}/attempts/", answers={201: DeliveryObject})
def post_attempt(request: Incoming[AttemptBody], app_id_or_slug: str, delivery_id: str) -> Response:
    """Logs what somebody answered who listens. Whether the app itself was told is another matter, and goes on."""
    with request.signed_in(scopes=app_access.WRITE_SCOPES) as principal:
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_redeliver).app
    attempt = request.body().to_message()
    logged = log_attempt(request.control, app.id, DeliveryName.parse(delivery_id), attempt)
    return json_answer(DeliveryObject.of(logged), status=201)


def _open(request: ApiRequest, app: SentryApp, printed: Print, check: Callable[[], object]) -> Response:
    stream = _Stream(
        control=request.control,
        app_id=app.id,
        place=_place(request),
        seconds=_seconds(request),
        printed=printed,
        check=check,
    )
    streams: Streams = request.http.app.state.streams
    streams.enter(app.id)
    return _StreamAnswer(stream, streams)


def _seconds(request: ApiRequest) -> float:
    text = request.http.query_params.get("seconds")
    with refusing("seconds"):
        return parse_integer(text, minimum=0, maximum=int(STREAM_SECONDS)) if text else STREAM_SECONDS


def _place(request: ApiRequest) -> WorldPlace:
    last = request.http.headers.get("last-event-id")
    if last:
        return WorldPlace.parse(last)
    since = request.http.query_params.get("since")
    with refusing("since"):
        return WorldPlace(since=parse_instant(since) if since else request.control.clock.now())


def _delivery_event(heard: Heard, custom: Sequence[str]) -> str:
    delivery = heard.named.delivery
    shown = {
        "id": str(heard.named.name),
        "event": delivery.event,
        "requestId": delivery.request_id,
        "dateCreated": instant_json(delivery.created_at.ToDatetime(tzinfo=UTC)),
        "method": heard.method,
        "askedPath": delivery.asked_path or None,
        "headers": dict(sorted(merge_headers(custom, over=heard.headers).items())),
        "body": delivery.body,
    }
    return f"event: delivery\ndata: {json.dumps(shown)}"


def _smee_event(heard: Heard) -> str:
    delivery = heard.named.delivery
    # Such clients make a POST to one address of everything: what is asked by path is none of theirs.
    if delivery.asked_path:
        return "event: ping\ndata: {}"
    headers = {name.lower(): value for name, value in sorted(heard.headers.items())}
    shown = {
        **headers,
        "body": json.loads(delivery.body),
        "query": {},
        "timestamp": delivery.created_at.ToMilliseconds(),
    }
    return f"data: {json.dumps(shown)}"
