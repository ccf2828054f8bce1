"""The Kanban of ``silo app example``: a board in memory, and an answer to everything that a platform asks an app.

It knows of the platform what any app knows: its client id and secret, and the address of the API.
"""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import quote

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

MAX_BODY_BYTES = 2 * 1024 * 1024
"""A webhook has at most one; whatever is larger is not the platform's."""
TIMEOUT_SECONDS = 10.0
COLUMNS = ("todo", "doing", "done")
_BOARDS = ("Sprint", "Backlog")
_Respond: TypeAlias = Callable[[Request], Awaitable[Response]]
_NOT_GENUINE = "The signature is not one of this client secret."


@dataclass(frozen=True)
class Happened:
    """One line of what the app saw."""

    what: str
    is_genuine: bool | None = None
    """Whether the signature of what came is right; None where the app did something itself."""


@dataclass
class Kanban:
    """The app."""

    client_id: str
    client_secret: str = field(repr=False)
    api: str
    """Base URL of the platform."""
    public_url: str
    """Where the app itself is, for links to its cards."""
    show: Callable[[Happened], None]
    cards: list[Mapping[str, Any]] = field(default_factory=list)

    def is_genuine(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether whoever knows the client secret has signed these bytes, under either of the two names."""
        # Over the bytes as they came: a body that is parsed and printed again need not be the same.
        expected = hmac.new(self.client_secret.encode(), body, hashlib.sha256).hexdigest().encode()
        shown = (headers.get(name, "").encode() for name in ("sentry-hook-signature", "sentry-app-signature"))
        # Both are looked at in constant time: how soon one ends would tell how much of it was right.
        hook, app = (hmac.compare_digest(each, expected) for each in shown)
        return hook or app

    def finish_install(self, installation: str, code: str) -> None:
        """Exchanges the code for a token, and says with it that the installation is complete: the app's half of one
        that is verified.
        """
        path = f"{self.api}/api/0/sentry-app-installations/{quote(installation, safe='')}"
        grant = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        try:
            with httpx.Client(timeout=TIMEOUT_SECONDS) as client:
                token = client.post(f"{path}/authorizations/", json=grant).raise_for_status().json()["token"]
                done = client.put(
                    f"{path}/", json={"status": "installed"}, headers={"Authorization": f"Bearer {token}"}
                )
                done.raise_for_status()
        except httpx.HTTPError as exc:
            self.show(Happened(f"the install was not finished: {exc}"))
        else:
            self.show(Happened("exchanged the code for a token and finished the install"))

    def add_card(self, asked: Mapping[str, Any]) -> Mapping[str, str]:
        """Makes a card; answers as an issue link is to be answered."""
        fields = asked.get("fields") or {}
        card = {"number": len(self.cards) + 1, "title": fields.get("title") or f"Issue {asked.get('issueId')}"}
        self.cards.append(card)
        # An alert's form may leave it out.
        board = str(fields.get("board") or _BOARDS[0])
        return {
            "webUrl": f"{self.public_url}/cards/{card['number']}",
            "project": board,
            "identifier": str(card["number"]),
        }

    async def receive(self, request: Request) -> Response:
        """A webhook."""
        body = await request.json()
        installation = body.get("data", {}).get("installation", {})
        later = None
        if (body.get("action"), installation.get("status")) == ("created", "pending"):
            # After the answer: the platform waits a second for it, and the exchange asks the platform.
            later = BackgroundTask(self.finish_install, installation["uuid"], installation["code"])
        return Response(status_code=204, background=later)

    async def list_options(self, request: Request) -> Response:
        """What a select field offers."""
        offered: Mapping[str, Iterable[object]] = {
            "boards": _BOARDS,
            "columns": COLUMNS,
            "cards": [each["title"] for each in self.cards],
        }
        found = offered.get(request.path_params["kind"], ())
        return JSONResponse([{"value": str(each), "label": str(each)} for each in found])

    async def make_card(self, request: Request) -> Response:
        """Makes a card for an issue that is linked, or for an alert."""
        return JSONResponse(self.add_card(await request.json()))

    async def set_up(self, request: Request) -> Response:
        """Where the platform sends whoever installs the app."""
        code, installation = (request.query_params.get(name, "") for name in ("code", "installationId"))
        later = BackgroundTask(self.finish_install, installation, code) if code and installation else None
        return PlainTextResponse("Acme Kanban is being installed.", background=later)

    async def show_source(self, request: Request) -> Response:
        """Where a frame of a stack trace links to."""
        return PlainTextResponse("\n".join(f"{name}: {value}" for name, value in request.query_params.items()))


def build(kanban: Kanban) -> Starlette:
    """The app's addresses, as its manifest names them. What the platform asks is verified; people sign nothing."""

    def verified(respond: _Respond) -> _Respond:
        async def verify(request: Request) -> Response:
            # Before it is read: the signature of anything, however large, would have to be made to refuse it.
            if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES:
                return PlainTextResponse("This is too large.", status_code=413)
            body = await request.body()
            is_genuine = kanban.is_genuine(body, request.headers)
            kanban.show(Happened(_what(request, body), is_genuine=is_genuine))
            if not is_genuine:
                return JSONResponse({"message": _NOT_GENUINE}, status_code=401)
            return await respond(request)

        return verify

    return Starlette(
        routes=[
            Route("/webhook", verified(kanban.receive), methods=["POST"]),
            Route("/options/{kind}", verified(kanban.list_options)),
            Route("/issues/create", verified(kanban.make_card), methods=["POST"]),
            Route("/issues/link", verified(kanban.make_card), methods=["POST"]),
            Route("/alerts/create", verified(kanban.make_card), methods=["POST"]),
            # People come here, by a link of the platform, and sign nothing; the code in it is what counts.
            Route("/setup", kanban.set_up),
            Route("/source", kanban.show_source),
        ]
    )


def _what(request: Request, body: bytes) -> str:
    resource = request.headers.get("sentry-hook-resource")
    if resource is None:
        return f"{request.method} {request.url.path}"
    try:
        action = json.loads(body)["action"]
    except (ValueError, TypeError, KeyError):
        action = "?"
    return f"{resource}.{action}"
