"""What a path says of an object: its id, or its slug."""

MAX_ID = 2**63 - 1


def path_key(id_or_slug: str) -> int | str | None:
    """An id as a number; anything else, ids beyond every table included, as a slug; None for what can be neither.

    >>> path_key("12"), path_key("acme"), path_key("99999999999999999999")
    (12, 'acme', '99999999999999999999')
    """
    if "\x00" in id_or_slug or not id_or_slug.isprintable():
        return None
    is_id = id_or_slug.isascii() and id_or_slug.isdecimal() and len(id_or_slug) < 20 and int(id_or_slug) <= MAX_ID
    return int(id_or_slug) if is_id else id_or_slug
