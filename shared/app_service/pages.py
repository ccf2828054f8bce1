"""Long lists of ``AppService`` in pages: no more items than were asked for, and no more bytes than a message may have.

Owns how ``page_size``, ``page_token`` and ``next_page_token`` are understood, the same on every silo, and how a caller
reads on. A caller that names no size gets everything at once, as callers that know of no pages expect. Refuses to know
what is listed.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

from google.protobuf.message import Message

from shared.errors import InvalidInput

MAX_PAGE_BYTES = 4 * 1024 * 1024
"""A quarter of what a message may have, so that one item more always fits, and other things beside them."""
PAGE_SIZE = 500
"""What our own callers ask for."""
_MAX_TOKEN_CHARACTERS = 10

Answer = TypeVar("Answer", bound=Message)


class Paged(Protocol):
    """A request for a list."""

    page_size: int
    page_token: str


Request = TypeVar("Request", bound=Paged)


def page_of(answer: Answer, request: Message) -> Answer:
    """The page of a whole answer that the request asks for; the answer itself where it asks for none.

    Raises:
        InvalidInput: the size is negative, or the token is none that was given out.
    """
    if "page_size" not in request.DESCRIPTOR.fields_by_name:
        return answer
    asked: Any = request
    if asked.page_size < 0:
        raise InvalidInput.at("page_size", "this is less than nothing.")
    start = _start_of(asked.page_token)
    if not asked.page_size and not start:
        return answer
    # Which fields they are is known from the descriptors alone, and mypy knows the classes.
    paged: Any = answer
    [name] = [field.name for field in answer.DESCRIPTOR.fields if field.is_repeated]
    items = getattr(paged, name)
    end = _end(items, start, at_most=asked.page_size or len(items))
    if end < len(items):
        paged.next_page_token = str(end)
    # From behind: what stands before them is then still where it was.
    del items[end:]
    del items[:start]
    return answer


def _start_of(token: str) -> int:
    if not token:
        return 0
    # Asked of the text first: to Python, digits of any script are a number.
    if not (token.isascii() and token.isdigit() and len(token) <= _MAX_TOKEN_CHARACTERS):
        raise InvalidInput.at("page_token", "this is no token of a page.")
    return int(token)


def _end(items: Any, start: int, *, at_most: int) -> int:
    """Where the page ends that begins there: after one item at least, or whoever reads on would never come further."""
    room = MAX_PAGE_BYTES
    for at in range(start, min(len(items), start + at_most)):
        # As it is serialized, and not as it lies in memory: it is the message that has a bound.
        room -= items[at].ByteSize()
        if room < 0 and at > start:
            return at
    return min(len(items), start + at_most)


def every_page(request: Request, ask: Callable[[Request], Answer]) -> Iterator[Answer]:
    """Asks for page after page. A silo that knows of no pages answers everything with the first.

    Args:
        request: what is wanted; its page is filled in.
        ask: calls the method.
    """
    request.page_size = PAGE_SIZE
    while True:
        answer: Any = ask(request)
        yield answer
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token
