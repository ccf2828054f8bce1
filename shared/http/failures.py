"""Exceptions that nobody meant to raise: an id outside, the traceback in the log. Owns the last line of defence."""

from uuid import uuid4

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.errors import internal_answer

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
        except ClientDisconnect:
            return
        except Exception:
            error_id = uuid4().hex
            log.exception("request failed", method=scope["method"], path=scope["path"], request_id=error_id)
            if not has_started:
                await internal_answer(error_id)(scope, receive, send)
