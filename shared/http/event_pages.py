"""Pages that are monitored and send events from browsers, to a region or through control. Owns what browsers are told.

Any page may send, and read the answer, whatever it is: also a refusal of control's own, and that a region is away.
Credentials mean nothing here, and are never allowed.
"""

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.answer import empty_answer
from shared.http.errors import NOT_OFFERED_HEADER
from shared.http.spelling import API_PREFIX

BAD_PROJECT = "bad project path parameter"
"""The original's text for a project that is no number."""

EVENT_PATHS = ("envelope", "store", "security", "csp-report", "nel", "minidump")
"""What comes after a project's id where events come in, each followed by a slash."""
UNREAL = "/api/{project_id}/unreal/{public_key}/"
"""Where the Unreal Engine sends crash reports: the one path that names the key."""
BY_KEY = "/api/store/"
"""Where an event comes in that names its project by the key alone."""

_ENDS = tuple(f"/{path}/" for path in EVENT_PATHS)
_HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": f"x-sentry-error, x-sentry-rate-limits, retry-after, {NOT_OFFERED_HEADER}",
}
_PREFLIGHT_HEADERS = _HEADERS | {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, "
    "content-type, authentication, authorization, content-encoding, transfer-encoding",
    "access-control-max-age": "3600",
}


def answer_pages(app: FastAPI) -> None:
    """Makes an application tell browsers, on the paths where events come in, inside all middleware that it has."""
    app.user_middleware.append(Middleware(_Pages))


class _Pages:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_for_events(scope["path"]):
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            await empty_answer(200, headers=_PREFLIGHT_HEADERS)(scope, receive, send)
        else:
            await self._app(scope, receive, _telling(send))


def is_for_events(path: str) -> bool:
    """Whether events come in there."""
    # Without a pattern: every request of the silo is asked.
    return path == BY_KEY or (path.startswith(API_PREFIX) and path.endswith(_ENDS) and path.count("/") == 4)


def _telling(send: Send) -> Send:
    async def send_telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return send_telling
