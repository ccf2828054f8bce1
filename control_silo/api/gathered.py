"""Lists that are spread over the regions: ``projects/``, of every organization that who asks belongs to.

Where one region has all of it, that one is asked and answers the client. Of several, each is asked for as much as the
page could take of it, and what they show is put into one order here. A region that is away leaves a hole that a client
could not see, so that it fails the list.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from shared.domain.http_address import SiloAddress
from shared.domain.path_key import find_id
from shared.domain.peer import silo_away
from shared.errors import ValidationFailed
from shared.http.pagination import MAX_PER_PAGE, PageRequest, cut, list_answer, page_request
from shared.http.relayed_answer import RelayedAnswer

MAX_ITEMS = 1_000
"""How far into a list of several regions a page may lie: each of them is asked for everything before it."""
MAX_ANSWER_BYTES = 16 * 2**20
"""What one page of one region may have: a hundred projects have a fortieth of it."""

Send = Callable[[Request, SiloAddress], Awaitable[RelayedAnswer]]
"""Carries the request to a region, with who asks as that region may know them."""
Item = dict[str, Any]


async def gather(request: Request, regions: Sequence[SiloAddress], *, send: Send) -> Response:
    """A page of what all these regions list, by slug and then id; a region's refusal, if one refuses.

    Raises:
        SiloUnreachable: a region is away, or answers with something else than a list.
        ValidationFailed: the page lies too far into the list.
    """
    page = page_request(request)
    if page.offset + page.limit > MAX_ITEMS:
        raise ValidationFailed(
            f"Of several regions only the first {MAX_ITEMS} can be listed together; ask each of them for its own."
        )
    lists = await asyncio.gather(*(_first_of(request, region, page, send) for region in regions))
    for each in lists:
        if isinstance(each, Response):
            return each
    every = sorted((item for each in lists if not isinstance(each, Response) for item in each), key=_order)
    items, has_more = cut(every[page.offset : page.offset + page.probe], page)
    return list_answer(request, page, list(items), has_more=has_more)


async def _first_of(request: Request, region: SiloAddress, page: PageRequest, send: Send) -> list[Item] | Response:
    """The first items of a region: all that could be on the page or before it, and one more."""
    items: list[Item] = []
    wanted = page.offset + page.probe
    while len(items) < wanted:
        answer = await send(_page_of(request, len(items) // MAX_PER_PAGE), region)
        if answer.status_code != 200:
            return answer
        found = await _read(answer, region)
        items += found
        if len(found) < MAX_PER_PAGE:
            break
    return items


def _page_of(request: Request, number: int) -> Request:
    query = urlencode({"per_page": MAX_PER_PAGE, "cursor": f"{MAX_PER_PAGE}:{number}:0"})
    # Read here, so that it must not come packed.
    headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"accept-encoding"]
    return Request({**request.scope, "query_string": query.encode(), "headers": headers})


async def _read(answer: RelayedAnswer, region: SiloAddress) -> list[Item]:
    body = b""
    try:
        async for piece in answer.body_iterator:
            body += bytes(piece) if not isinstance(piece, str) else piece.encode()
            if len(body) > MAX_ANSWER_BYTES:
                raise silo_away(region.name)
    finally:
        await answer.drop()
    # A region is believed no more than that these are projects: they are shown, and nothing else is done with them.
    with contextlib.suppress(ValueError):
        found = json.loads(body)
        if isinstance(found, list) and all(map(_has_a_place, found)):
            return found
    raise silo_away(region.name)


def _has_a_place(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    slug, number = item.get("slug"), item.get("id")
    return isinstance(slug, str) and isinstance(number, str) and find_id(number) is not None


def _order(item: Item) -> tuple[str, int]:
    return item["slug"], int(item["id"])
