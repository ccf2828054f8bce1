"""``silo simulate``: the replication contract under a hostile network, seed by seed."""

import contextlib
import itertools
import os
import shlex
import signal
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from rich.console import Console
from rich.progress import track

from shared.cli.invocation import LocalCommand
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.players import play
from shared.cli.tables import print_table
from shared.errors import ConfigInvalid, InvalidInput
from shared.simulation.contract import CONTRACT
from shared.simulation.fault import EVERY_FAULT, Fault, faults_text, parse_faults
from shared.simulation.plot import draw
from shared.simulation.weather import SMALL_FAULTS

app = typer.Typer(add_completion=False)

Played: TypeAlias = Mapping[str, Any]
"""What a player says of a seed."""

# A seed takes longer with each of them, and what two can do wrong to each other more do as well.
MAX_REGIONS = 8
# The end of the story, where it went wrong; `--story` tells all of it.
_SHOWN_LINES = 60
_SAID_EVERY_SECONDS, _SAID_FROM = 30.0, 100
"""How often a run of so many seeds or more says how far it is, where there is no bar."""
_INTERRUPTED = 130
"""The exit code of Ctrl-C."""


class SimulatedWorld(StrEnum):
    """What is simulated."""

    PLATFORM = "platform"
    """Control and its regions, whole."""
    SMALL = "small"
    """The outbox alone, with one owner and two holders."""


@dataclass(frozen=True)
class Setting:
    """What all seeds of one call have in common."""

    world: SimulatedWorld
    regions: int
    faults: Collection[Fault]
    steps: int

    def arguments(self) -> list[str]:
        """What the command and the process that plays are given alike."""
        faults = faults_text(self.faults)
        only = ["--regions", str(self.regions)] if self.world is SimulatedWorld.PLATFORM else []
        return ["--world", self.world, *only, "--faults", faults, "--steps", str(self.steps)]


@app.command(
    cls=LocalCommand,
    epilog=examples(
        "silo simulate",
        "silo simulate --seeds 0..9999 --jobs 8 --json",
        "silo simulate --seeds 42 --story --plot backlog.svg",
        "silo simulate --faults drop,crash --regions 4",
    ),
)
def simulate(
    world: Annotated[
        SimulatedWorld, typer.Option(help="The whole platform, or the outbox alone.")
    ] = SimulatedWorld.PLATFORM,
    regions: Annotated[int, typer.Option(help="Of the platform.", min=1, max=MAX_REGIONS)] = 2,
    faults: Annotated[
        str, typer.Option(metavar="LIST", help=f"What may go wrong: all, none, or some of {', '.join(Fault)}.")
    ] = "all",
    seeds: Annotated[str, typer.Option(metavar="A..B", help="The seeds to play, or one.")] = "0..49",
    steps: Annotated[int | None, typer.Option(help="Events of each story.", min=1, max=100_000)] = None,
    keep: Annotated[
        str | None, typer.Option(metavar="LIST", help="Play these steps of the story alone, as a shortened one says.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Processes that play. Default: one a core.", min=1, max=256)] = None,
    story: Annotated[bool, typer.Option("--story", help="Tell what happened in each story.")] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the backlogs and lags of the first seed, as SVG.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the platform on a virtual clock while calls are lost, silos die and clocks err, and judge what it shows.

    Control and its regions are the platform's own, in one process, and everything that happens to them is chosen by a
    seed: the same seed tells the same story. After each step what the regions show is judged by a model that knows only
    what was asked and answered; when the storm is over, everything must be equal. Exits with 1 at the first seed that
    breaks the contract, shortens its story, and says how to play it again.

    `restore` puts control and regions back to old copies of their databases. Nobody repairs anything afterwards: the
    silos compare what they hold, as they do in the background, and have to be equal by that alone.
    """
    setting = _setting(world, regions, faults, steps or _DEFAULT_STEPS[world])
    more = [*(["--keep", f"[{keep}]"] if keep else []), *(["--sampling"] if plot else [])]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was played is told, and put away
    wanted = _seeds(seeds)
    started = time.monotonic()
    # In processes of their own: a story freezes clocks and ids for its whole process.
    played = play([*setting.arguments(), *more], wanted, jobs=jobs or os.cpu_count() or 1)
    told = _collect(played, total=len(wanted), told=_tell if story and not as_json else None)
    seconds = time.monotonic() - started
    # Ctrl-C before the first seed was through.
    if not told:
        raise typer.Exit(_INTERRUPTED)
    if plot:
        plot.write_text(_picture(setting, told[0]))
    broken = next((each for each in told if each["broken"]), None)
    if as_json:
        print_json(_report(setting, told, seconds, broken))
    else:
        _print(setting, told, seconds, broken)
    if broken:
        raise typer.Exit(1)
    if len(told) < len(wanted):
        note(f"Interrupted: {len(wanted) - len(told)} of {len(wanted)} seeds were not played.")
        raise typer.Exit(_INTERRUPTED)


def _collect(played: Iterable[Played], *, total: int, told: Callable[[Played], None] | None) -> list[Played]:
    """All of them, or those until Ctrl-C, in the order of their seeds; whoever waits is shown how far it is."""
    console = Console(stderr=True)
    collected: list[Played] = []
    bar = track(played, "simulating", total=total, console=console, transient=True, disable=not console.is_terminal)
    is_said, said_at = total >= _SAID_FROM and not console.is_terminal, time.monotonic()
    with contextlib.suppress(KeyboardInterrupt):
        for each in bar:
            if told:
                told(each)
            # Of ten thousand that held nobody asks for the story.
            collected.append(each if each["broken"] else {**each, "story": []})
            if is_said and time.monotonic() - said_at > _SAID_EVERY_SECONDS:
                said_at = time.monotonic()
                note(f"{len(collected)} of {total} seeds played; the contract held.")
    # Several processes play, and end in any order.
    return sorted(collected, key=lambda each: int(each["seed"]))


def _picture(setting: Setting, played: Played) -> str:
    happened = ", ".join(f"{fault} {count}" for fault, count in sorted(played["happened"].items()))
    title = shlex.join(["silo", "simulate", *setting.arguments(), "--seeds", str(played["seed"])])
    return draw(played["samples"], title=title, subtitle=f"went wrong: {happened or 'nothing'}")


_DEFAULT_STEPS = {SimulatedWorld.PLATFORM: 60, SimulatedWorld.SMALL: 200}


def _setting(world: SimulatedWorld, regions: int, faults: str, steps: int) -> Setting:
    wanted = parse_faults(faults)
    known = SMALL_FAULTS if world is SimulatedWorld.SMALL else EVERY_FAULT
    if faults == "all":
        wanted = known
    # A fault that cannot happen there would be counted as survived.
    if wanted - known:
        raise InvalidInput(f"The small world knows no {', '.join(sorted(wanted - known))}.")
    return Setting(world, regions, wanted, steps)


def _seeds(text: str) -> range:
    first, dots, last = text.partition("..")
    try:
        seeds = range(int(first), int(last if dots else first) + 1)
    except ValueError:
        seeds = range(0)
    if not seeds or seeds[0] < 0:
        raise ConfigInvalid(f"--seeds takes two numbers such as 0..99, or one, not {text!r}.")
    return seeds


def _summed(told: Sequence[Played], what: str) -> list[tuple[str, int]]:
    """How often it was so in all stories, by name: ``calls`` had which fate, or which faults ``happened``."""
    return sorted(sum((Counter(each[what]) for each in told), Counter()).items())


def _report(setting: Setting, told: Sequence[Played], seconds: float, broken: Played | None) -> dict[str, Any]:
    return {
        "held": broken is None,
        "world": setting.world,
        "regions": setting.regions if setting.world is SimulatedWorld.PLATFORM else None,
        "faults": sorted(setting.faults),
        "runs": len(told),
        "first_seed": told[0]["seed"],
        "last_seed": told[-1]["seed"],
        "steps": setting.steps,
        "seconds": round(seconds, 3),
        "calls": dict(_summed(told, "calls")),
        "happened": dict(_summed(told, "happened")),
        "broken": _broken(setting, broken) if broken else None,
    }


def _broken(setting: Setting, broken: Played) -> dict[str, Any]:
    short = broken["short"]
    return {
        "seed": broken["seed"],
        "why": broken["broken"],
        "story": broken["story"],
        "again": _again(setting, broken),
        "short_story": short["story"] if short else None,
        "short_again": _again(setting, broken, keep=short["steps"]) if short else None,
    }


def _again(setting: Setting, broken: Played, *, keep: Sequence[int] = ()) -> str:
    kept = ["--keep", ",".join(map(str, keep))] if keep else []
    # To be pasted: every setting is in it, also those that are the defaults of today.
    return shlex.join(["silo", "simulate", *setting.arguments(), "--seeds", str(broken["seed"]), *kept, "--story"])


def _tell(told: Played) -> None:
    print(f"seed {told['seed']}:")
    for line in told["story"]:
        print(f"  {line}")


def _print(setting: Setting, told: Sequence[Played], seconds: float, broken: Played | None) -> None:
    if broken:
        _print_broken(setting, broken)
        return
    print_table(("calls that were", "how many"), _summed(told, "calls"))
    happened = ", ".join(f"{fault} {count}" for fault, count in _summed(told, "happened"))
    if happened:
        print(f"What went wrong, and how often: {happened}.")
    first, last = told[0]["seed"], told[-1]["seed"]
    print(f"The contract held in {len(told)} runs (seeds {first} to {last}), in {seconds:.1f} s.")


def _print_broken(setting: Setting, broken: Played) -> None:
    short = broken["short"] or broken
    # What breaks without a sentence of the contract is an error of ours, which has no number.
    number, _, why = short["broken"].partition(": ")
    print(f"Seed {broken['seed']} breaks the contract.\n")
    if number.isdigit():
        print(f"Sentence {number} says: {CONTRACT[int(number)]}")
    print(f"What was seen instead: {why or number}\n")
    kept = f", of which {len(short['steps'])} are enough" if "steps" in short else ""
    print(f"What happened, by the number of the step of {setting.steps}{kept}. Indented: while a call was under way.")
    for line in _folded(short["story"])[-_SHOWN_LINES:]:
        print(f"  {line}")
    note(f"Again, shortened: {_again(setting, broken, keep=short.get('steps', ()))}")
    note(f"Again, as it was: {_again(setting, broken)}")


def _folded(story: Sequence[str]) -> list[str]:
    """The lines of a story below each other; those that are the same in a row once."""
    folded = []
    for line, same in itertools.groupby(story):
        step, _, text = line.partition(": ")
        times = len(list(same))
        folded.append(f"{step:>5}  {text}{f' ({times} times)' if times > 1 else ''}")
    return folded
