"""The whole platform under a hostile network: control and its regions are equal in the end, whatever happened."""

import contextlib
import itertools
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from shared.simulation.scenario import play
from tests.silos import running_silos
from tests.simulation.platform import Platform

SEEDS = range(6)
STEPS = 150


@pytest.mark.parametrize("engine", [pytest.param("postgresql", marks=pytest.mark.postgres)])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_replica_is_equal_in_the_end(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, seed: int
) -> None:
    numbers = itertools.count(1)

    def new_url() -> str:
        if engine == "sqlite":
            return f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"
        return str(databases.enter_context(request.getfixturevalue("postgres_server").database()))

    with capture_logs(), contextlib.ExitStack() as databases, running_silos(new_url) as silos:
        run = play(lambda rng: Platform(silos, rng), seed=seed, steps=STEPS)
    assert run.broken is None, "\n".join(run.story[-40:])
