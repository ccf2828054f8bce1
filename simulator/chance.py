"""Chance that a seed decides, in every process alike."""

import contextlib
import random
from collections.abc import Iterator


def rng_of(*parts: object) -> random.Random:
    """Chance that depends on these parts alone."""
    return random.Random("/".join(map(str, parts)))


@contextlib.contextmanager
def decided(*parts: object) -> Iterator[None]:
    """Has the chance of this whole process depend on these parts alone, until the block ends."""
    before = random.getstate()
    random.seed("/".join(map(str, parts)))
    try:
        yield
    finally:
        random.setstate(before)
