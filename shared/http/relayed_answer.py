"""Another silo's answer on its way to a client. Owns which of its headers arrive.

Control answers for everybody and is believed. A region answers at control's own address: whoever took it must not be
able to set a cookie there, send a client and its token elsewhere, open the API to another origin, or have a page of its
own shown. So from a region a list of headers passes, and of these only what they are for.
"""

import re
from collections.abc import Iterable

import anyio
import httpx
import structlog
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from shared.domain.peer import CONTROL

log = structlog.get_logger(__name__)

OF_ONE_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    b"upgrade".split()
)
"""What concerns one connection and is not for the next (RFC 9110, 7.6.1)."""
FROM_REGIONS = frozenset(
    b"allow cache-control content-disposition content-encoding content-language content-length content-type etag "
    b"expires last-modified link retry-after silo-consistency-token silo-not-offered silo-reason vary "
    b"x-sentry-error x-sentry-rate-limit-limit x-sentry-rate-limit-remaining x-sentry-rate-limit-reset "
    b"x-sentry-rate-limits".split()
)
"""The headers that pass; control itself says which origins may read an answer."""
_SHOWN_AS_IT_IS = re.compile(rb"(?:application/json|text/plain)(?:; ?charset=[a-z0-9-]+)?", re.IGNORECASE)
_BODILESS = frozenset({204, 304})
_OPAQUE = b"application/octet-stream"

RawHeaders = list[tuple[bytes, bytes]]


class RelayedAnswer(StreamingResponse):
    """A silo's answer, whose body is still on the way."""

    def __init__(self, answer: httpx.Response, *, silo: str, asked_at: str) -> None:
        """Args:
        answer: as it came.
        silo: who answers.
        asked_at: base URL that the client used.
        """
        # Raw: packed as it came, since the header that says how passes too.
        super().__init__(answer.aiter_raw(), status_code=answer.status_code)
        # Raw as well: pairs in their order, so that one name may come twice.
        headers = passed_on(answer.headers.raw, drop=OF_ONE_HOP)
        if silo != CONTROL:
            headers = _harmless(headers, asked_at=asked_at.encode("latin-1"))
            if answer.status_code not in _BODILESS and not _is_typed_or_empty(headers):
                headers.append((b"content-type", _OPAQUE))
        self.raw_headers = headers
        self._answer = answer
        self._silo = silo

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except httpx.TransportError as exc:
            # Its beginning was sent on, so that nothing can be said but by breaking off as well.
            log.warning("relay.answer_broken_off", silo=self._silo, path=scope["path"], error=type(exc).__name__)
        finally:
            await self.drop()

    async def drop(self) -> None:
        """Ends the answer, wherever it is."""
        with anyio.CancelScope(shield=True):  # the client may be gone; the region is told nevertheless
            await self._answer.aclose()


def passed_on(headers: Iterable[tuple[bytes, bytes]], *, drop: frozenset[bytes]) -> RawHeaders:
    """Headers for the next hop, their names in lower case.

    Args:
        headers: as they came.
        drop: names of those that go no further, besides those that the headers themselves say so of.
    """
    lowered = [(name.lower(), value) for name, value in headers]
    named = {word.strip().lower() for name, value in lowered if name == b"connection" for word in value.split(b",")}
    # Two lengths of one body are how requests are smuggled past a proxy.
    if any(name == b"transfer-encoding" for name, _ in lowered):
        named.add(b"content-length")  # it does not count beside the other (RFC 9112, 6.3), and need not be true
    return [(name, value) for name, value in lowered if name not in drop and name not in named]


def _harmless(headers: RawHeaders, *, asked_at: bytes) -> RawHeaders:
    kept = [(name, value) for name, value in headers if name in FROM_REGIONS]
    # Clients follow links with their token, so that one that leads elsewhere would carry it there.
    kept = [(name, value) for name, value in kept if name != b"link" or _leads_back(value, asked_at)]
    typed = [(name, _content_type(value) if name == b"content-type" else value) for name, value in kept]
    # A browser would otherwise look into the bytes, and run a page that was called text.
    return [*typed, (b"x-content-type-options", b"nosniff")]


def _is_typed_or_empty(headers: RawHeaders) -> bool:
    return any(name == b"content-type" or (name, value) == (b"content-length", b"0") for name, value in headers)


def _leads_back(link: bytes, asked_at: bytes) -> bool:
    # A comma may stand in a URL, an angle bracket may not.
    before, *links = link.split(b"<")
    return not before.strip() and all(each.startswith(asked_at + b"/") and each.count(b">") == 1 for each in links)


def _content_type(value: bytes) -> bytes:
    # Whole: a browser takes what follows a comma for another type, and the last one counts. What else a region calls
    # a page would be one of control's own: saved and not shown.
    return value if _SHOWN_AS_IT_IS.fullmatch(value) else _OPAQUE
