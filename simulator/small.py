"""The small world, of the outbox alone, played as the platform is."""

import contextlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shared.simulation.fault import Fault
from shared.simulation.folder import open_folder
from shared.simulation.scenario import play
from shared.simulation.world import open_world


@contextlib.contextmanager
def play_small(
    faults: frozenset[Fault], *, steps: int, within: Path | None
) -> Iterator[Callable[[int], dict[str, Any]]]:
    """What plays a seed, until the block ends."""
    numbers = itertools.count(1)
    with (
        open_folder(within=within) as folder,
        open_world(lambda: f"sqlite:///{folder / f'{next(numbers)}.db'}") as world,
    ):

        def play_seed(seed: int) -> dict[str, Any]:
            run = play(lambda rng: world.begin(rng, faults=faults), seed=seed, steps=steps)
            return {
                "seed": seed,
                "broken": run.broken,
                "calls": Counter(run.fates),
                "happened": {},
                "story": run.story,
                "short": None,
                "samples": [],
            }

        yield play_seed
