"""The OpenAPI document of a silo: FastAPI's own of its endpoints, with what FastAPI does not know of.

That is: examples with their nulls, what apps are told, what other silos serve at the same address, and the addresses.
FastAPI leaves out whatever is null, in examples too, which then lack fields; this is put right here.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from shared.bodies.body import Body
from shared.domain.event import AppEvent
from shared.http.endpoint import Endpoint, EventStream
from shared.http.merged_document import merge_regions
from shared.http.openapi import DOCUMENT_PATH
from shared.http.pagination import public_url
from shared.http.webhook_document import add_webhooks


@dataclass(frozen=True)
class Server:
    """An address at which the paths are served."""

    url: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Documented:
    """What a document says besides its own endpoints."""

    webhooks: Mapping[AppEvent, type[Body]] = field(default_factory=dict)
    """The class of the ``data`` of each webhook that the silo sends."""
    has_regions: bool = False
    """Whether what regions serve is served here as well."""
    list_servers: Callable[[], Sequence[Server]] = tuple
    """Further addresses; called for each request, in a thread."""
    name: str = "This silo"
    """What the address is called at which it is asked for."""


ALONE = Documented()


def serve_document(app: FastAPI, table: Iterable[Endpoint], *, documented: Documented) -> None:
    """Serves the document, which ``app.openapi()`` answers without any address."""
    write, bodies, kept = app.openapi, _bodies_of(table), dict[str, Any]()
    printed = list[bytes]()

    def openapi() -> dict[str, Any]:
        # Once: it says the same each time, and takes a third of a second.
        # Without a lock: two first readers at once write the same.
        if not kept:
            kept.update(_completed(write(), bodies, documented))
        return kept

    async def show_document(request: Request) -> Response:
        own = Server(public_url(request), documented.name)
        servers = [own, *await run_in_threadpool(documented.list_servers)]
        if not printed:
            printed.append(json.dumps(openapi(), separators=(",", ":")).encode())
        addresses = json.dumps([vars(server) for server in servers], separators=(",", ":"))
        # Put before the rest as text: printing all of it again for each request would cost anybody's asking dearly.
        return Response(b'{"servers":%b,%b' % (addresses.encode(), printed[0][1:]), media_type="application/json")

    app.openapi = openapi  # type: ignore[method-assign]
    app.add_api_route(DOCUMENT_PATH, show_document, methods=["GET"], response_model=None, include_in_schema=False)


def _completed(document: dict[str, Any], bodies: Iterable[type[Body]], documented: Documented) -> dict[str, Any]:
    for body in bodies:
        shown = body.model_config.get("json_schema_extra") or {}
        document["components"]["schemas"][body.__name__].update(shown)
    if documented.webhooks:
        add_webhooks(document, documented.webhooks)
    if documented.has_regions:
        merge_regions(document)
    return document


def _bodies_of(table: Iterable[Endpoint]) -> list[Any]:
    answers = [
        answer
        for endpoint in table
        for answer in (endpoint.body, *endpoint.answers.values())
        if answer and answer is not EventStream
    ]
    return [next(iter(get_args(answer)), answer) for answer in answers]
