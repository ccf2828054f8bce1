"""What a text says of an object: its id, or its slug."""

from shared.errors import NotFound

MAX_ID = 2**63 - 1


def path_key(id_or_slug: str) -> int | str | None:
    """An id as a number; anything else, ids beyond every table included, as a slug; None for what can be neither.

    >>> path_key("12"), path_key("acme"), path_key("99999999999999999999")
    (12, 'acme', '99999999999999999999')
    """
    if "\x00" in id_or_slug or not id_or_slug.isprintable():
        return None
    found = find_id(id_or_slug)
    return id_or_slug if found is None else found


def find_id(text: str) -> int | None:
    """The id that a text is; None for anything else, ids beyond every table included.

    >>> find_id("12"), find_id("acme"), find_id("99999999999999999999")
    (12, None, None)
    """
    is_id = text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= MAX_ID
    return int(text) if is_id else None


def get_id(text: str) -> int:
    """The id that stands in a path.

    Raises:
        NotFound: it is none, so nothing has it.
    """
    found = find_id(text)
    if found is None:
        raise NotFound
    return found
