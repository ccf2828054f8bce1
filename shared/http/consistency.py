"""Consistency tokens over HTTP: a write answers with one, a read may present one (``shared.consistency``)."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.consistency import TOKEN_NAME, WrittenVersion, collecting, encode, requiring
from shared.errors import ValidationFailed
from shared.http.errors import error_answer

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Consistency:
    """Surrounds every request with what it has seen and what it writes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["method"] not in _READS:
            with collecting() as written:
                await self._app(scope, receive, _with_token(send, written))
        elif token := Headers(scope=scope).get(TOKEN_NAME):
            await self._read(token, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _read(self, token: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            requirement = requiring(token)
            # By hand: a token that is wrong is answered here, and no error of the application is taken for it.
            requirement.__enter__()
        except ValidationFailed as invalid:
            await error_answer(invalid)(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            requirement.__exit__(None, None, None)


def _with_token(send: Send, written: list[WrittenVersion]) -> Send:
    async def send_with_token(message: Message) -> None:
        # The headers go out after the endpoint's commit, so that what was written is known by now.
        if message["type"] == "http.response.start" and written:
            MutableHeaders(scope=message)[TOKEN_NAME] = encode(written)
        await send(message)

    return send_with_token
