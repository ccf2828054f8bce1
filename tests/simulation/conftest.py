"""Worlds to simulate in, on either engine."""

import contextlib
import itertools
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from shared.simulation.world import World, open_world


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same for every test of a module; each run begins with nothing in it."""
    folder, numbers = tmp_path_factory.mktemp("world"), itertools.count(1)
    with contextlib.ExitStack() as stack:
        stack.enter_context(capture_logs())  # what goes wrong is meant to

        def new_url() -> str:
            if request.param == "sqlite":
                return f"sqlite:///{folder / f'{next(numbers)}.db'}"
            url: str = stack.enter_context(request.getfixturevalue("postgres_server").database())
            return url

        yield stack.enter_context(open_world(new_url))
