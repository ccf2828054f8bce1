"""A populated world that the tests of a module share, since they only read it."""

from collections.abc import Iterator

import pytest

from tests.integration.region.world import World
from tests.silos import Silos


@pytest.fixture(scope="module")
def world(module_silos: Silos) -> World:
    """Two organizations with apps, replicated; whoever takes a silo away brings it back."""
    return World(module_silos)


@pytest.fixture
def control_away(world: World) -> Iterator[None]:
    """Takes control away from the shared world for one test."""
    world.silos.stop("control")
    yield
    world.silos.start_stopped()
