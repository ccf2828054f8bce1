"""Where events come in: ``/api/<project>/envelope/`` and ``/store/``, outside the API that people and apps use.

Owns the limits, the answers and what browsers are told. Senders prove themselves by a project's public key alone, so
that any page that is monitored may send, and nothing can be read.
"""

import base64
import binascii
from typing import cast

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from region_silo.api.call import Desk
from region_silo.api.content_encoding import unpack, unpack_zlib
from region_silo.api.envelope import MAX_ENVELOPE_BYTES, Envelope, Item, parse_envelope
from region_silo.api.sender import public_key_of
from region_silo.models.project import Project
from region_silo.services.event_text import without_nul
from region_silo.services.incoming_event import read_event
from region_silo.services.ingestion import store_event
from region_silo.services.projects import get_project_for_key
from region_silo.services.region import Region
from shared.domain.json_value import JsonObject
from shared.domain.path_key import path_key
from shared.errors import BodyTooLarge, MalformedBody, ValidationFailed
from shared.http.answer import empty_answer, json_answer
from shared.http.body import parse_object, read_body

MAX_EVENT_BYTES = 2**20
"""Largest event, unpacked."""
EVENT = "event"
"""The one type of item that is kept; all others are taken and dropped."""

_TRANSACTION = "transaction"
"""The one type of event that is no problem of the software, and is dropped like other items."""
_NO_EVENT = "invalid JSON data: an event is an object"
_PATHS = ("/envelope/", "/store/")
_BROWSER_HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-sentry-error, x-sentry-rate-limits, retry-after",
}
_PREFLIGHT_HEADERS = _BROWSER_HEADERS | {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, "
    "content-type, authentication, authorization, content-encoding, transfer-encoding",
    "access-control-max-age": "3600",
}


def accept_events(app: FastAPI) -> None:
    """Adds both paths to an application whose state has a desk, inside all middleware that it has already."""
    app.add_api_route("/api/{project_id}/envelope/", post_envelope, methods=["POST"], include_in_schema=False)
    app.add_api_route("/api/{project_id}/store/", post_event, methods=["POST"], include_in_schema=False)
    app.user_middleware.append(Middleware(_Browsers))


async def post_envelope(request: Request, project_id: str) -> Response:
    """Stores the events of an envelope."""
    body = await read_body(request, max_bytes=MAX_ENVELOPE_BYTES)
    return await run_in_threadpool(_take_envelope, request, project_id, body)


async def post_event(request: Request, project_id: str) -> Response:
    """Stores one event, sent by itself."""
    body = await read_body(request, max_bytes=MAX_EVENT_BYTES)
    return await run_in_threadpool(_take_event, request, project_id, body)


def _take_envelope(request: Request, project_id: str, body: bytes) -> Response:
    encoding = request.headers.get("content-encoding", "")
    envelope = parse_envelope(unpack(body, encoding=encoding, max_bytes=MAX_ENVELOPE_BYTES))
    region = _region(request)
    project = _project(region, project_id, public_key=public_key_of(request, dsn=envelope.dsn))
    events = [item for item in envelope.items if item.type == EVENT]
    stored = [_store(region, project, item, event_id=_event_id(envelope, events)) for item in events]
    event_id = next(iter(stored), envelope.event_id)
    return json_answer({"id": event_id} if event_id else {})


def _take_event(request: Request, project_id: str, body: bytes) -> Response:
    encoding = request.headers.get("content-encoding", "")
    raw = _plain(unpack(body, encoding=encoding, max_bytes=MAX_EVENT_BYTES))
    region = _region(request)
    project = _project(region, project_id, public_key=public_key_of(request))
    return json_answer({"id": _store(region, project, Item(EVENT, raw), event_id=None)})


def _event_id(envelope: Envelope, events: list[Item]) -> str | None:
    """The envelope's id is that of its event; several events, which nobody should send, keep their own."""
    return envelope.event_id if len(events) == 1 else None


def _store(region: Region, project: Project, item: Item, *, event_id: str | None) -> str:
    if len(item.payload) > MAX_EVENT_BYTES:
        raise BodyTooLarge(f"envelope exceeded size limits for type '{EVENT}'")
    raw = without_nul(item.payload)
    payload = _parse_event(raw)
    event = read_event(payload, text=raw.decode(), event_id=event_id, received_at=region.clock.now())
    if payload.get("type") != _TRANSACTION:
        store_event(region, project=project, event=event)
    return event.event_id


def _parse_event(raw: bytes) -> JsonObject:
    try:
        if raw:
            return parse_object(raw)
    except ValidationFailed as exc:
        raise MalformedBody(_NO_EVENT) from exc
    raise MalformedBody(_NO_EVENT)


def _project(region: Region, project_id: str, *, public_key: str) -> Project:
    key = path_key(project_id)
    if not isinstance(key, int):
        raise MalformedBody("bad project path parameter")
    with region.database.session():
        return get_project_for_key(key, public_key=public_key)


def _plain(raw: bytes) -> bytes:
    """Old SDKs send the base64 of a zlib stream instead of JSON."""
    if not raw or raw.lstrip()[:1] in {b"{", b"["}:
        return raw
    try:
        packed = base64.b64decode(raw, validate=True)
    except binascii.Error:
        return raw
    return unpack_zlib(packed, max_bytes=MAX_EVENT_BYTES)


def _region(request: Request) -> Region:
    return cast(Desk, request.app.state.desk).region


class _Browsers:
    """Lets pages of any origin send, and read the answer, whatever it is; without credentials, which mean nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_for_events(scope["path"]):
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            await empty_answer(200, headers=_PREFLIGHT_HEADERS)(scope, receive, send)
        else:
            await self._app(scope, receive, _telling(send))


def _is_for_events(path: str) -> bool:
    return path.startswith("/api/") and path.endswith(_PATHS) and path.count("/") == 4


def _telling(send: Send) -> Send:
    async def send_telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_BROWSER_HEADERS)
        await send(message)

    return send_telling
