"""Control and two regions in one process, on either engine."""

from collections.abc import Callable, Iterator

import pytest

from tests.silos import Silos, running_silos


@pytest.fixture
def silos(new_database_url: Callable[[], str]) -> Iterator[Silos]:
    """Control, ``us`` and ``de`` with empty databases; nothing is replicated until the test says so."""
    with running_silos(new_database_url) as silos:
        yield silos
