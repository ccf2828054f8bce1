"""Errors as HTTP answers. Owns the one table from error family to status, and the bodies that clients match on.

Validation answers ``{field: [text, …]}``, everything else ``{"detail": text}``. The machine-readable reason travels in
a header, because clients compare bodies. An exception that nobody meant to raise gets an id outside, and its traceback
in the log.
"""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import uuid4

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import errors
from shared.domain.json_value import JsonValue
from shared.errors import SiloError
from shared.http.answer import json_answer

REASON_HEADER = "silo-reason"
"""Carries ``SiloError.reason``."""
RETRY_AFTER_SECONDS = 1
"""What a client is told to wait when something is away."""
RETRY_AFTER_NAME = "retry_after_seconds"
"""In an error's metadata: how long it lasts, where that is known."""
INTERNAL_ERROR = "Internal Error"
"""All that anyone outside learns of an exception that nobody meant to raise."""
NO_SUCH_PATH = "The requested resource does not exist"
NOT_OFFERED: JsonValue = {"detail": NO_SUCH_PATH, "silo": "not offered"}
"""The answer to a path that nothing here serves: a client can tell it from a thing that does not exist."""
NOT_OFFERED_HEADER = "silo-not-offered"
"""Says the same, for clients that read no body of a refusal."""

STATUSES: Mapping[type[SiloError], int] = MappingProxyType(
    {
        errors.InvalidInput: 400,
        errors.BodyTooLarge: 413,
        errors.Unauthenticated: 401,
        errors.Forbidden: 403,
        errors.NotFound: 404,
        errors.Conflict: 409,
        errors.Exhausted: 429,
        errors.LimitReached: 403,  # it does not pass by waiting
        errors.DatabaseFull: 507,
        errors.PoolExhausted: 503,
        errors.Unavailable: 503,
        errors.DeadlineExceeded: 504,
        errors.Cancelled: 499,
        errors.Unimplemented: 501,
        errors.Internal: 500,
    }
)
"""A class that is missing here has the status of its family."""


class Refused(Exception):
    """An answer below 500 whose body the specification words itself; raised by ``api`` alone."""

    def __init__(self, status: int, body: JsonValue) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def status_of(error: type[SiloError]) -> int:
    """The status of an error: its own, or that of the nearest class above it.

    Raises:
        KeyError: the family is not in the table; a test proves that there is none.
    """
    # By the order of the classes: a leaf's own line stands before its family's.
    return next(STATUSES[kind] for kind in error.__mro__ if kind in STATUSES)


def error_answer(error: SiloError) -> Response:
    """An error that was raised on purpose, as an answer."""
    status = status_of(type(error))
    headers = {REASON_HEADER: error.reason}
    # RFC 9110, 11.6.1 asks for it with every 401.
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="api"'
    # How long to wait is said wherever it is known; clients try again by themselves.
    if status in {429, 503}:
        headers["retry-after"] = str(error.metadata.get(RETRY_AFTER_NAME, RETRY_AFTER_SECONDS))
    # The two forms of Django REST framework, which clients of the original tell apart.
    body: JsonValue = dict(error.fields) if error.fields else {"detail": error.message}
    return json_answer(body, status=status, headers=headers)


def internal_answer(error_id: str) -> Response:
    """What is said of an exception that nobody meant to raise; the log has the rest under the id."""
    return json_answer(
        {"detail": INTERNAL_ERROR, "errorId": error_id}, status=500, headers={REASON_HEADER: errors.Internal.reason}
    )


log = structlog.get_logger(__name__)


class Failures:
    """Answers 500 with an id; headers, bodies and queries of the request are never logged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def send_noting(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        # Nobody is there to be answered, and it is no failure of ours.
        except ClientDisconnect:
            return
        except Exception:
            error_id = uuid4().hex
            log.exception("request failed", method=scope["method"], path=scope["path"], request_id=error_id)
            # An answer that is under way can only be broken off, which the server does.
            if not has_started:
                await internal_answer(error_id)(scope, receive, send)
