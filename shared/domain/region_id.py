"""Ids that regions give out: unique in the world, and telling by themselves which region made them (docs/adr/0005).

Owns the arithmetic. Refuses to know who counts, and of which kinds of object.
"""

REGION_NUMBER_BITS = 10
MAX_REGION_NUMBER = 2**REGION_NUMBER_BITS - 1
"""Highest number of a region; 0 is no region's."""
MAX_ID = 2**53 - 1
"""Highest id: what JavaScript, which receives it in webhooks, still counts exactly."""


def region_id(count: int, *, region_number: int) -> int:
    """The id of the object of a kind that is the ``count``-th in its region.

    >>> region_id(1, region_number=2)
    1026
    """
    return (count << REGION_NUMBER_BITS) | region_number


def region_number_of(id: int) -> int | None:
    """Number of the region that made an id; None for a number that is no such id.

    >>> region_number_of(1026)
    2
    >>> region_number_of(7) is None
    True
    """
    number = id & MAX_REGION_NUMBER
    return number if number and MAX_REGION_NUMBER < id <= MAX_ID else None
