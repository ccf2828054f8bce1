"""A populated world that the tests of a module share, since they only read it; one on each engine."""

import contextlib
import itertools
from collections.abc import Iterator

import pytest

from tests.integration.region.world import World
from tests.silos import running_silos


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two organizations with apps, replicated; whoever takes a silo away brings it back."""
    folder, numbers = tmp_path_factory.mktemp("world"), itertools.count(1)
    with contextlib.ExitStack() as databases:

        def new_url() -> str:
            if request.param == "sqlite":
                return f"sqlite:///{folder / f'database-{next(numbers)}.db'}"
            url: str = databases.enter_context(request.getfixturevalue("postgres_server").database())
            return url

        with running_silos(new_url) as silos:
            yield World(silos)


@pytest.fixture
def control_away(world: World) -> Iterator[None]:
    """Takes control away from the shared world for one test."""
    world.silos.stop("control")
    yield
    world.silos.start("control")
