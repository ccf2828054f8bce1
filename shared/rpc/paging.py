"""Pages by id: ``page_size`` and ``page_token`` of list rpcs. Owns limits and tokens; not what is listed."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import CursorInvalid, InvalidInput

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000


@dataclass(frozen=True)
class Page:
    """Which part of a list in id order is wanted."""

    after_id: int
    size: int

    def next_token(self, ids: Sequence[int]) -> str:
        """The token for what follows, given up to ``size + 1`` ids from this page on; empty when nothing does."""
        return str(ids[self.size - 1]) if len(ids) > self.size else ""


def page_of(
    page_size: int, page_token: str, *, default_size: int = DEFAULT_PAGE_SIZE, max_size: int = MAX_PAGE_SIZE
) -> Page:
    """Reads a request's fields; a larger page than allowed is cut.

    Raises:
        InvalidInput: the size is negative.
        CursorInvalid: the token was not given out here.
    """
    if page_size < 0:
        raise InvalidInput.at("page_size", "must not be negative.")
    if page_token and not (page_token.isascii() and page_token.isdigit() and len(page_token) < 19):
        raise CursorInvalid.at("page_token", "this is not a token that this list gave out.")
    return Page(after_id=int(page_token or 0), size=min(page_size or default_size, max_size))
