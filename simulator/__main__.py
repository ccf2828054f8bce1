"""The process that plays: a line of JSON on standard output for each seed, until one breaks.

``silo simulate`` starts it.
"""

import argparse
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from shared.process import configure_logging
from shared.simulation.fault import parse_faults
from shared.simulation.folder import open_folder
from simulator.foundation import REGION_NAMES, lay
from simulator.shrink import kept, shorten
from simulator.small import play_small
from simulator.story import Plan, Told, tell

Play = Callable[[int], dict[str, Any]]


def main(arguments: Sequence[str]) -> None:
    """Plays what the arguments say."""
    options = _parse(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    configure_logging(level=logging.CRITICAL)  # what goes wrong is meant to
    # Whoever listened may be gone: nobody wants to know the rest.
    with contextlib.suppress(BrokenPipeError), _playing(options) as play:
        for seed in range(options.first, options.last + 1, options.every):
            played = play(seed)
            sys.stdout.write(json.dumps(played) + "\n")
            sys.stdout.flush()
            if played["broken"]:
                return


def _leave(number: int, _frame: object) -> NoReturn:
    """Ends the process in order, so that its folders are removed."""
    sys.exit(128 + number)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--world", choices=("platform", "small"), default="platform")
    parser.add_argument("--regions", type=int, default=2)
    parser.add_argument("--faults", type=parse_faults, default="all")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--keep", type=json.loads, default=None, help="a list of the only steps that happen")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--last", type=int, default=0)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None, help="where databases lie; removed by who names it")
    parser.add_argument("--sampling", action="store_true")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _playing(options: argparse.Namespace) -> Iterator[Play]:
    if options.world == "small":
        with play_small(options.faults, steps=options.steps, within=options.folder) as play:
            yield play
        return
    with open_folder(within=options.folder) as laid, open_folder(within=options.folder) as folder:
        foundation = lay(laid, REGION_NAMES[: options.regions])
        left_out = frozenset() if options.keep is None else frozenset(range(options.steps)) - frozenset(options.keep)

        def again(plan: Plan) -> Told:
            return tell(plan, foundation, folder, sampling=options.sampling)

        yield lambda seed: _as_json(again(Plan(seed, options.faults, options.steps, left_out)), again)


def _as_json(told: Told, again: Callable[[Plan], Told]) -> dict[str, Any]:
    short = shorten(told, again=again) if told.broken else None
    return {
        "seed": told.plan.seed,
        "broken": told.broken,
        "calls": told.fates,
        "happened": told.happened,
        "story": told.lines,
        "short": {"broken": short.broken, "steps": kept(short), "story": short.lines} if short else None,
        "samples": [
            {
                "seconds": each.seconds,
                "waiting": [[*key, *value] for key, value in sorted(each.waiting.items())],
                "wrong": each.wrong,
                "is_calm": each.is_calm,
            }
            for each in told.samples
        ],
    }


if __name__ == "__main__":
    main(sys.argv[1:])
