"""Credentials in browsers: which origins may use them, and what browsers are told (settled.md). Owns the headers.

A session's cookie is for pages of the silo's own origin. A browser sends it by itself, so that what changes something
must show that no other page had it sent: browsers say where from, and no form of another site can send JSON.

An app's token may be used by pages of the origins that the app allows.

A browser asks first, without credentials, so that a preflight cannot know the app: it is answered yes for any origin,
and never allows cookies. The answer to the request itself carries the headers only when the app allows the origin.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import PermissionDenied
from shared.http.answer import empty_answer
from shared.http.errors import Refused
from shared.http.forwarded import CHANGE_NOTHING
from shared.http.pagination import public_url
from shared.http.spelling import REST_PREFIX

ALLOWED_METHODS = "GET, HEAD, OPTIONS, POST, PUT, DELETE"
ALLOWED_HEADERS = "Authorization, Content-Type, Accept, Origin, silo-consistency-token"
EXPOSED_HEADERS = (
    "Link, Retry-After, X-Sentry-Rate-Limit-Limit, X-Sentry-Rate-Limit-Remaining, X-Sentry-Rate-Limit-Reset, "
    "silo-consistency-token, silo-reason"
)
PREFLIGHT_SECONDS = 3600
"""How long a browser need not ask again."""
_OWN_SITES = frozenset({"same-origin", "none"})
_ALLOWED_ORIGIN = "silo.allowed_origin"


def check_origin(request: Request, *, allowed: Collection[str]) -> None:
    """Lets a request with an app's token pass that comes from no origin, or from one that the app allows.

    Args:
        request: its answer will tell the browser that the origin is allowed.
        allowed: the app's ``allowedOrigins``.

    Raises:
        Refused: 400, when the app does not allow the origin.
    """
    origin = request.headers.get("origin")
    # No browser's page: servers and command lines send none, and have nothing to confine.
    if not origin:
        return
    if not is_allowed_origin(origin, allowed=allowed):
        raise Refused(400, {"detail": f"Invalid origin: {origin}"})
    # Noted and not answered here: it belongs on every answer, a refusal too, or the page could not read it.
    request.scope.setdefault("state", {})[_ALLOWED_ORIGIN] = origin


def check_cookie_use(request: Request) -> None:
    """Lets a request with a session's cookie pass that changes nothing, or that no page of another site has sent.

    Raises:
        PermissionDenied: one may have.
    """
    if request.method in CHANGE_NOTHING:
        return
    headers = request.headers
    # Without the header it is an old browser, of which the origin tells, or none at all.
    if headers.get("sec-fetch-site", "none") not in _OWN_SITES or not _is_own(headers.get("origin"), request):
        raise PermissionDenied("A session may be used by pages of this origin alone.")
    # A form can be sent by a page of any site, without a preflight: no form is JSON.
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if has_body and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise PermissionDenied("With a session, a body must be sent as application/json.")


def _is_own(origin: str | None, request: Request) -> bool:
    # Whether TLS ends before this silo, it need not know: the host tells whose page it is.
    return origin is None or origin.partition("://")[2].lower() == public_url(request).partition("://")[2].lower()


def is_allowed_origin(origin: str, *, allowed: Collection[str]) -> bool:
    """Whether an origin (``https://app.example:8443``) is one of those, whatever the case of its letters.

    An entry is an origin, a host with or without a port, which any scheme fits, or ``*.example.com``, which every host
    below ``example.com`` fits.
    """
    wanted = origin.lower().rstrip("/")
    try:
        parts = urlsplit(wanted)
        place, host = parts.netloc, parts.hostname or ""
    except ValueError:
        return False
    return any(_fits(entry.lower().rstrip("/"), wanted, place, host) for entry in allowed)


def _fits(entry: str, origin: str, place: str, host: str) -> bool:
    # An origin without a host (``null``, of a sandboxed page) fits only what says exactly that.
    if "://" in entry or not host:
        return entry == origin
    if entry.startswith("*."):
        # With the dot: ``*.example.com`` must not let evilexample.com in.
        return host.endswith(entry[1:])
    return entry in {place, host}


def answer_browsers(app: FastAPI) -> None:
    """Makes an application answer preflights, and tell browsers what ``check_origin`` found."""
    # At the end, which is innermost: preflights are counted like all requests.
    app.user_middleware.append(Middleware(_Cors))


class _Cors:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _is_preflight(scope):
            await empty_answer(204, headers=_preflight(Headers(scope=scope)["origin"]))(scope, receive, send)
            return
        # Endpoints see copies of the scope that share this dictionary.
        state: dict[str, object] = scope.setdefault("state", {})
        await self._app(scope, receive, _telling(send, state))


def _is_preflight(scope: Scope) -> bool:
    # Elsewhere are pages and health checks, which no other origin has a reason to read.
    if scope["method"] != "OPTIONS" or not scope["path"].startswith(REST_PREFIX):
        return False
    headers = Headers(scope=scope)
    # Both, or it is somebody who asks for the methods.
    return "origin" in headers and "access-control-request-method" in headers


def _preflight(origin: str) -> dict[str, str]:
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": ALLOWED_METHODS,
        "access-control-allow-headers": ALLOWED_HEADERS,
        "access-control-max-age": str(PREFLIGHT_SECONDS),
        # The answer names the origin that asked: a cache between must not give it to another.
        "vary": "Origin",
    }


def _telling(send: Send, state: dict[str, object]) -> Send:
    async def send_telling(message: Message) -> None:
        origin = state.get(_ALLOWED_ORIGIN)
        if message["type"] == "http.response.start" and origin:
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = str(origin)
            headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
            # A cache between must not give one origin the answer of another.
            headers.add_vary_header("Origin")
        await send(message)

    return send_telling
