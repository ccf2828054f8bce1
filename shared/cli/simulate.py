"""``silo simulate``: the replication contract under a hostile network, seed by seed."""

import itertools
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from shared.cli.invocation import LocalCommand
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_table
from shared.process import configure_logging
from shared.simulation.scenario import DEFAULT_STEPS, Run, play
from shared.simulation.weather import Fate
from shared.simulation.world import open_world

app = typer.Typer(add_completion=False)

DEFAULT_RUNS = 50
_SHOWN_LINES = 30


@app.command(
    cls=LocalCommand,
    epilog=examples("silo simulate", "silo simulate --runs 1000 --json", "silo simulate --seed 42 --runs 1 --story"),
)
def simulate(
    seed: Annotated[int, typer.Option(help="Of the first run; each further run has the next.", min=0)] = 0,
    runs: Annotated[int, typer.Option(help="How many.", min=1, max=1_000_000)] = DEFAULT_RUNS,
    steps: Annotated[int, typer.Option(help="Events of each run.", min=1, max=100_000)] = DEFAULT_STEPS,
    story: Annotated[bool, typer.Option("--story", help="Tell what happened in each run.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write, replicate and read on a network that loses, delays and repeats calls while workers die.

    Everything happens in this process on a virtual clock; the same seed tells the same story. After each event what the
    silos hold is checked against the contract, and in the end every replica must be equal. Exits with 1 at the first
    run that breaks it, and says how to play that run again.
    """
    configure_logging(level=logging.CRITICAL)  # what goes wrong is meant to
    started = time.monotonic()
    told = _tell if story and not as_json else None
    played = _play(range(seed, seed + runs), steps=steps, told=told)
    seconds = time.monotonic() - started
    broken = next((run for run in played if run.broken), None)
    if as_json:
        print_json(_report(played, seconds, broken))
    else:
        _print(played, seconds, broken, is_told=story)
    if broken:
        raise typer.Exit(1)


def _play(seeds: Sequence[int], *, steps: int, told: Callable[[Run], None] | None) -> list[Run]:
    """Up to the first run that breaks the contract."""
    played: list[Run] = []
    numbers = itertools.count(1)
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory(prefix="silo-simulate-") as folder,
        open_world(lambda: f"sqlite:///{Path(folder) / f'{next(numbers)}.db'}") as world,
    ):
        for seed in track(seeds, "simulating", console=console, transient=True, disable=not console.is_terminal):
            played.append(play(world.begin, seed=seed, steps=steps))
            if told:
                told(played[-1])
            if played[-1].broken:
                break
    return played


def _tell(run: Run) -> None:
    print(f"seed {run.seed}:")
    for line in run.story:
        print(f"  {line}")


def _fates(played: Sequence[Run]) -> Counter[Fate]:
    return sum((Counter(run.fates) for run in played), Counter())


def _report(played: Sequence[Run], seconds: float, broken: Run | None) -> dict[str, Any]:
    return {
        "held": broken is None,
        "runs": len(played),
        "first_seed": played[0].seed,
        "steps": played[0].steps,
        "seconds": round(seconds, 3),
        "calls": {fate.value: count for fate, count in sorted(_fates(played).items())},
        "broken": {"seed": broken.seed, "why": broken.broken, "story": list(broken.story)} if broken else None,
    }


def _print(played: Sequence[Run], seconds: float, broken: Run | None, *, is_told: bool) -> None:
    print_table(("calls that were", "how many"), sorted(_fates(played).items()))
    if broken is None:
        first, last = played[0].seed, played[-1].seed
        print(f"The contract held in {len(played)} runs (seeds {first} to {last}), in {seconds:.1f} s.")
        return
    if not is_told:
        print(f"The end of the story of seed {broken.seed}:")
        for line in broken.story[-_SHOWN_LINES:]:
            print(f"  {line}")
    note(f"Broken: {broken.broken}")
    note(f"Again: silo simulate --seed {broken.seed} --runs 1 --steps {broken.steps} --story")
