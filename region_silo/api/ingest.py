"""Where events come in: ``/api/<project>/envelope/`` and ``/store/``, outside the API that people and apps use.

Owns the limits, the answers, and who sends. Senders prove themselves by the public key of a DSN alone, wherever they
put it, so that any page that is monitored may send, and nothing can be read. What one key may send in a minute is
bounded, and how many are stored at a time for all keys together, so that neither a project nor a flood takes what
people need; SDKs are told how long to keep their events to themselves.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry
from starlette.responses import Response

from region_silo.api.envelope import (
    EVENT,
    MAX_ENVELOPE_BYTES,
    MAX_EVENT_BYTES,
    MAX_UNPACKED_BYTES,
    Envelope,
    Item,
    parse_envelope,
)
from region_silo.api.not_kept import count_not_kept, say_not_kept
from region_silo.api.packing import unpack, unpack_zlib, unpacking
from region_silo.api.request import ApiTools
from region_silo.events.incoming import Arrival, parse_event, read_event
from region_silo.models.project import Project
from region_silo.services.ingestion import store_event
from region_silo.services.projects import get_project_for_key, scrubbing_of
from region_silo.services.region import Region
from shared.domain.json_value import JsonObject
from shared.domain.path_key import find_id
from shared.errors import CredentialsInvalid, CredentialsMissing, MalformedBody, RateLimited, ValidationFailed
from shared.http.answer import json_answer
from shared.http.body import read_body
from shared.http.errors import RETRY_AFTER_NAME, error_answer
from shared.http.event_pages import BAD_PROJECT, answer_pages
from shared.http.limits import RequestLimit
from shared.http.threads import ThreadPool

NO_CRASHES = "A crash report without an event is not kept: no event is made of minidumps and Apple crash reports here."
_CRASHES = frozenset({"event.minidump", "event.applecrashreport"})
"""Attachments that the original makes an event of when they come without one."""
EVENT_THREADS = ThreadPool("events", threads=4, max_waiting=64)
"""Events come from everybody who uses what is monitored, in floods just when it fails. They have threads of their own,
so that people never wait for them; few, since each is at work most of its time and shares the processor with people.
What finds no place is told to come again."""
CROWDED_SECONDS = 5
"""How long to stay away when the threads are taken."""
SPENT = "The key of this project has sent as many events as it may in a minute."
CROWDED = "More events arrive than can be stored."
RATE_LIMITS = "x-sentry-rate-limits"
"""The header by which SDKs know what to keep back: ``seconds:categories:scope``; no category stands for all."""
_ENVELOPE_TYPE = "application/x-sentry-envelope"
_TRANSACTION = "transaction"
"""The one type of event that is no problem of the software, and is dropped like other items."""
MISSING = "missing authorization information"
SEVERAL = "multiple authorization payloads detected"

# Judged by its form first: whatever else was sent need not be looked for.
_PUBLIC_KEY = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)
_SCHEME = re.compile(r"\s*sentry\s+", re.IGNORECASE)


@dataclass(frozen=True)
class _Stored:
    """What became of an event."""

    event_id: str
    is_kept: bool


def accept_events(app: FastAPI, registry: CollectorRegistry) -> None:
    """Adds both paths to an application whose state has its tools, inside all middleware that it has already.

    Args:
        app: the application.
        registry: of its metrics, among which is what was not kept.
    """
    count_not_kept(app, registry)
    app.add_api_route("/api/{project_id}/envelope/", post_envelope, methods=["POST"], include_in_schema=False)
    app.add_api_route("/api/{project_id}/store/", post_event, methods=["POST"], include_in_schema=False)
    answer_pages(app)


async def post_envelope(request: Request, project_id: str) -> Response:
    """Stores the events of an envelope."""
    body = await read_body(request, max_bytes=MAX_ENVELOPE_BYTES)
    return await taken(_take_envelope, request, project_id, body)


async def post_event(request: Request, project_id: str) -> Response:
    """Stores one event, sent by itself; or an envelope, which says so."""
    # The original takes envelopes at its old address as well.
    if request.headers.get("content-type", "").startswith(_ENVELOPE_TYPE):
        return await post_envelope(request, project_id)
    body = await read_body(request, max_bytes=MAX_EVENT_BYTES)
    return await taken(take_event, request, project_id, body)


async def taken(
    take: Callable[[Request, str, bytes], Response], request: Request, project_id: str, body: bytes
) -> Response:
    """What ``take`` answers, on a thread for events; and what SDKs are told when there is none, or the key is spent."""
    try:
        return await EVENT_THREADS.run(take, request, project_id, body)
    except RateLimited as error:
        is_spent = RETRY_AFTER_NAME in error.metadata  # else no thread was free
        later = error if is_spent else _later(CROWDED, seconds=CROWDED_SECONDS)
        answer = error_answer(later)
        # By it SDKs know what to keep back, of what kind and for how long.
        answer.headers[RATE_LIMITS] = f"{later.metadata[RETRY_AFTER_NAME]}::{'key' if is_spent else 'organization'}"
        return answer


def _later(text: str, *, seconds: int) -> RateLimited:
    return RateLimited(text, metadata={RETRY_AFTER_NAME: str(seconds)})


def _take_envelope(request: Request, project_id: str, body: bytes) -> Response:
    encoding = request.headers.get("content-encoding", "")
    region, admitted = region_of(request), list[Project]()
    envelope = parse_envelope(
        unpacking(body, encoding=encoding, max_bytes=MAX_UNPACKED_BYTES),
        admit=lambda dsn: admitted.append(_project(request, project_id, public_key=public_key_of(request, dsn=dsn))),
    )
    # Whoever is not admitted has been refused by an exception.
    (project,) = admitted
    sender = _address_of(request)
    events = [item for item in envelope.items if item.type == EVENT]
    if len(events) > 1:  # one was counted before anything was unpacked
        _count(request, project, events=len(events) - 1)
    if not events and any(item.attachment_type in _CRASHES for item in envelope.items):
        raise ValidationFailed(NO_CRASHES)
    stored = [_store(region, project, item, sender=sender, event_id=_event_id(envelope, events)) for item in events]
    # An envelope without an event is answered too, as the original does: its sender has done nothing wrong, and SDKs
    # would hold events back after a refusal. But nobody is told that something was kept which was not.
    event_id = stored[0].event_id if stored else envelope.event_id
    not_kept = [*(each.type for each in envelope.items if each.type != EVENT), *_not_kept(stored)]
    return json_answer({"id": event_id} if event_id else {}, headers=say_not_kept(request, not_kept))


def take_event(
    request: Request, project_id: str, body: bytes, *, read: Callable[[bytes], JsonObject] = parse_event
) -> Response:
    """Stores one event, which ``read`` makes of the body, once that is unpacked."""
    encoding = request.headers.get("content-encoding", "")
    region = region_of(request)
    project = _project(request, project_id, public_key=public_key_of(request))
    raw = _plain(unpack(body, encoding=encoding, max_bytes=MAX_EVENT_BYTES))
    stored = _store(region, project, Item(EVENT, raw), sender=_address_of(request), read=read)
    return json_answer({"id": stored.event_id}, headers=say_not_kept(request, _not_kept([stored])))


def _event_id(envelope: Envelope, events: list[Item]) -> str | None:
    """The envelope's id is that of its event; several events, which nobody should send, keep their own."""
    return envelope.event_id if len(events) == 1 else None


def _not_kept(stored: Iterable[_Stored]) -> list[str]:
    return [_TRANSACTION for each in stored if not each.is_kept]


def _store(
    region: Region,
    project: Project,
    item: Item,
    *,
    sender: str | None,
    event_id: str | None = None,
    read: Callable[[bytes], JsonObject] = parse_event,
) -> _Stored:
    payload = read(item.payload)
    arrival = Arrival(at=region.clock.now(), sender=sender, event_id=event_id)
    event = read_event(payload, size=len(item.payload), arrival=arrival, scrubbing=scrubbing_of(project))
    # Answered all the same: its sender has done nothing wrong.
    is_kept = payload.get("type") != _TRANSACTION
    if is_kept:
        store_event(region, project=project, event=event)
    return _Stored(event.event_id, is_kept)


def _project(request: Request, project_id: str, *, public_key: str) -> Project:
    """The project of a key that may send; what it sends counts as one event.

    Raises:
        MalformedBody: no project can have that id.
        PermissionDenied: the key is not the project's.
        RateLimited: it has sent enough.
    """
    found, region = find_id(project_id), region_of(request)
    if found is None:
        raise MalformedBody(BAD_PROJECT)
    # Before the database is asked. Only keys that were found are counted, so that made-up ones take no memory.
    quota = _quota(request)
    if quota.is_spent(public_key.encode()):
        raise _later(SPENT, seconds=quota.wait_seconds())
    with region.database.session():
        # Before the body is unpacked, which costs more than a stranger should get.
        project = get_project_for_key(found, public_key=public_key)
    _count(request, project, events=1)
    return project


def _count(request: Request, project: Project, *, events: int) -> None:
    quota = _quota(request)
    if quota.count(project.public_key.encode(), times=events).is_exceeded:
        raise _later(SPENT, seconds=quota.wait_seconds())


def _quota(request: Request) -> RequestLimit:
    return cast(ApiTools, request.app.state.tools).event_quota


def _plain(raw: bytes) -> bytes:
    """Old SDKs send base64 instead of JSON: of a zlib stream, or of the JSON itself."""
    if not raw or raw.lstrip()[:1] in {b"{", b"["}:
        return raw
    try:
        packed = base64.b64decode(raw, validate=True)
    except binascii.Error:
        return raw
    if packed.lstrip()[:1] == b"{":
        return packed
    return unpack_zlib(packed, max_bytes=MAX_EVENT_BYTES)


def _address_of(request: Request) -> str | None:
    """The sender's, as far as it is known here (``ClientAddress``): what a sender says of that itself is no fact."""
    return request.client.host if request.client else None


def region_of(request: Request) -> Region:
    """The region that serves the request."""
    return cast(ApiTools, request.app.state.tools).region


def public_key_of(request: Request, *, dsn: str | None = None) -> str:
    """The key of a request: from ``X-Sentry-Auth`` or ``Authorization: Sentry …``, the query, or an envelope's DSN.

    Args:
        request: as it was sent.
        dsn: of the envelope; it may repeat what the request says, and speaks for it when that says nothing.

    Raises:
        CredentialsMissing: there is none.
        CredentialsInvalid: there are two, or one that is no key.
        MalformedBody: the envelope is for somebody else than the request.
    """
    keys = [*_keys_in_headers(request), *request.query_params.getlist("sentry_key")]
    # Two keys in two places: which one was meant cannot be told, and guessing would store it somewhere.
    if len(keys) > 1:
        raise CredentialsInvalid(SEVERAL)
    own = _dsn_key(dsn) if dsn is not None else None
    # Meant for another project, most likely of a proxy that was set up wrong.
    if keys and own is not None and keys[0] != own:
        raise MalformedBody("invalid event envelope: it is addressed to another public key than the request")
    key = keys[0] if keys else own
    if not key:
        raise CredentialsMissing(MISSING)
    if not _PUBLIC_KEY.fullmatch(key):
        raise CredentialsInvalid("bad sentry DSN public key")
    return key


def _keys_in_headers(request: Request) -> Iterable[str]:
    for name in ("x-sentry-auth", "authorization"):
        header = request.headers.get(name, "")
        scheme = _SCHEME.match(header)
        if scheme:
            yield _key_in(header[scheme.end() :])
        elif name == "x-sentry-auth" and header:
            raise CredentialsInvalid("bad x-sentry-auth header")


def _key_in(parameters: str) -> str:
    pairs = (pair.partition("=") for pair in parameters.split(","))
    keys = [value.strip() for name, _, value in pairs if name.strip() == "sentry_key"]
    if len(keys) != 1:
        raise CredentialsInvalid("bad x-sentry-auth header")
    return keys[0]


def _dsn_key(dsn: str) -> str:
    try:
        key = urlsplit(dsn).username
    except ValueError as exc:
        raise MalformedBody("invalid event envelope: its DSN is none") from exc
    if not key:
        raise MalformedBody("invalid event envelope: its DSN is none")
    return key
