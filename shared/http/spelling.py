"""The same request in other spellings: a path without its trailing slash, or by an older name; HEAD for GET.

Owns the rewriting. Nothing is redirected: a redirect drops the bearer token at some clients and the body at others.
"""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

API_PREFIX = "/api/"
"""Paths below it all end in a slash."""
REST_PREFIX = f"{API_PREFIX}0/"
"""What people and apps use; beside it lie the paths where events come in."""
_OTHER_NAMES = (
    ("/notes/", re.compile(r"(/issues/[^/]+)/notes/"), r"\1/comments/"),
    ("/recommended/", re.compile(r"(/issues/[^/]+/events)/recommended/$"), r"\1/latest/"),
)
"""What clients of the original call a path, and what it is called here; first the part by which it is told quickly."""


class Spelling:
    """Rewrites the request before anything else sees it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if path.startswith(API_PREFIX) and not path.endswith("/"):
            path = f"{path}/"
        if path.startswith(REST_PREFIX):
            # Before the router and before forwarding, so that neither has to know that there are two names.
            for part, name, ours in _OTHER_NAMES:
                if part in path:
                    path = name.sub(ours, path)
        scope = {**scope, "path": path}
        if scope["method"] == "HEAD":
            # Served as a GET, headers and all (RFC 9110, 9.3.2); only its body stays here.
            await self._app({**scope, "method": "GET"}, receive, _without_body(send))
            return
        await self._app(scope, receive, send)


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
