"""Playing scenarios one after the other, each by its seed."""

import random
from collections.abc import Callable

from shared.simulation.scenario import Run, Scenario, Stage

DEFAULT_STEPS = 200


def play(begin: Callable[[random.Random], Stage], *, seed: int, steps: int = DEFAULT_STEPS) -> Run:
    """Plays one scenario.

    Args:
        begin: gives its stage, on which nothing has happened; is given what decides everything left to chance.
        seed: of that.
        steps: how many events the storm has.
    """
    rng = random.Random(seed)
    return Scenario(begin(rng), rng, seed, steps).play()
