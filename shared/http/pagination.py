"""Pages of lists: cursors and the ``Link`` header, as clients.md demands them. Owns their form; knows no list.

A cursor is ``<limit>:<page>:<is_prev 0|1>``. The header is sent with every list, also with an empty one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from shared.bodies.body import Body
from shared.domain.json_value import JsonValue
from shared.errors import CursorInvalid, ValidationFailed
from shared.http.answer import json_answer

MAX_PER_PAGE = 100
MAX_PAGE = 1_000_000
"""Highest page that can be asked for; it bounds what a made-up cursor can cost."""

T = TypeVar("T")

_CURSOR = re.compile(r"([0-9]{1,4}):(-?[0-9]{1,8}):([01])", re.ASCII)
# What a host can be made of: no blank, slash or angle bracket, which could end a link and begin another.
_HOST = re.compile(r"[A-Za-z0-9._~:\[\]-]+")


@dataclass(frozen=True)
class Cursor:
    """A place in a list."""

    limit: int
    page: int
    is_previous: bool = False

    def __str__(self) -> str:
        return f"{self.limit}:{self.page}:{int(self.is_previous)}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises:
        CursorInvalid: it is no cursor, or one outside every list.
        """
        match = _CURSOR.fullmatch(text)
        # A cursor is as its list gave it out: any other one is a mistake, or a probe.
        if match is None or not 1 <= int(match[1]) <= MAX_PER_PAGE:
            raise CursorInvalid("Invalid cursor parameter.")
        # Two sentences for two mistakes, as the original has them.
        page = int(match[2])
        if page < 0:
            raise CursorInvalid("Pagination offset cannot be negative.")
        if page > MAX_PAGE:
            raise CursorInvalid("Pagination offset too large.")
        return cls(int(match[1]), page, match[3] == "1")


@dataclass(frozen=True)
class PageRequest:
    """Which part of a list is asked for."""

    limit: int
    page: int
    offset: int
    """Items before the page."""

    @property
    def probe(self) -> int:
        """How many items to read: one more than the page holds tells whether another follows."""
        return self.limit + 1


def page_request(request: Request, *, default: int = MAX_PER_PAGE) -> PageRequest:
    """Reads ``per_page`` and ``cursor``.

    Raises:
        CursorInvalid: the cursor is not one of ours.
        ValidationFailed: ``per_page`` is no number from 1 to 100.
    """
    per_page, cursor = request.query_params.get("per_page"), request.query_params.get("cursor")
    limit = _per_page(per_page) if per_page else None
    if not cursor:
        return PageRequest(limit or default, page=0, offset=0)
    place = Cursor.parse(cursor)
    # The offset goes by the cursor's own limit: `per_page` may differ from page to page, and no item is skipped.
    return PageRequest(limit or place.limit, place.page, offset=place.page * place.limit)


def list_answer(
    request: Request, page: PageRequest, items: Sequence[Body] | Sequence[JsonValue], *, has_more: bool
) -> Response:
    """A page of a list, with its neighbours in the ``Link`` header."""
    return json_answer(items, headers={"link": link_header(request, page, has_more=has_more)})


def link_header(request: Request, page: PageRequest, *, has_more: bool) -> str:
    """Both neighbours, whether or not they hold anything, in the one order of attributes that clients parse."""
    url = _url_without_cursor(request)
    previous = _link(url, Cursor(page.limit, page.page - 1, is_previous=True), "previous", has_results=page.page > 0)
    following = _link(url, Cursor(page.limit, page.page + 1), "next", has_results=has_more)
    return f"{previous}, {following}"


def cut(items: Sequence[T], page: PageRequest) -> tuple[Sequence[T], bool]:
    """The items of the page out of those that ``probe`` asked for, and whether another page follows."""
    return items[: page.limit], len(items) > page.limit


def public_url(request: Request) -> str:
    """Where the client reached this silo: ``http://127.0.0.1:8000``, without a path."""
    host = request.headers.get("host", "")
    # A client writes this header as it likes; what is no host must not stand in links and headers.
    if not _HOST.fullmatch(host):
        server_host, port = request.scope.get("server") or ("localhost", None)
        host = f"{server_host}:{port}" if port else server_host
    return f"{request.scope.get('scheme', 'http')}://{host}"


def _per_page(text: str) -> int:
    # isdecimal alone is true of the digits of every script.
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise ValidationFailed("Invalid per_page parameter.")
    if not 1 <= int(text) <= MAX_PER_PAGE:
        raise ValidationFailed(f"Invalid per_page value. Must be between 1 and {MAX_PER_PAGE}.")
    return int(text)


def _url_without_cursor(request: Request) -> str:
    # Each as often as it was sent: a list may be filtered by several values of one name.
    query = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "cursor"])
    return f"{public_url(request)}{quote(request.scope['path'])}?{query}"


def _link(url: str, cursor: Cursor, relation: str, *, has_results: bool) -> str:
    results = "true" if has_results else "false"
    return f'<{url}&cursor={cursor}>; rel="{relation}"; results="{results}"; cursor="{cursor}"'
