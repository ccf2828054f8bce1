"""``silo demo``: the story of a lost region, on real processes, in half a minute."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.invocation import Invocation, LocalCommand, invocation_of
from shared.cli.local.data_directory import DataDirectory
from shared.cli.local.running_platform import DEFAULT_REGIONS, Wanted, raising_on_stop, running_platform
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.story.story import Ending, tell_story
from shared.cli.story.view import Chapter, shown
from shared.cli.tables import print_table

app = typer.Typer(add_completion=False)

_FREE_PORTS = 0


@app.command(
    cls=LocalCommand, epilog=examples("silo demo", "silo demo --apps 500", "silo demo --data /tmp/kept --json")
)
def demo(
    ctx: typer.Context,
    apps: Annotated[int, typer.Option("--apps", min=1, max=100_000, help="Made while a region is away.")] = 200,
    as_json: JsonOption = False,
) -> None:
    """Lose a region while the writing goes on, and see it catch up. Exits with 0 only if every replica is equal.

    Control and two regions run as processes of their own, on free ports, beside anything else. Their files are
    temporary; with --data DIR they are kept in a new directory below DIR.
    """
    with raising_on_stop(), _story_directory(invocation_of(ctx)) as path:
        ending = _play(Wanted(DataDirectory(path), _FREE_PORTS, invocation_of(ctx).environ, DEFAULT_REGIONS), apps)
    if as_json:
        print_json(ending.as_json())
    else:
        _print_ending(ending)
    if not ending.is_happy:
        raise typer.Exit(1)


@contextmanager
def _story_directory(invocation: Invocation) -> Iterator[Path]:
    if invocation.data is None:
        with tempfile.TemporaryDirectory(prefix="silo-demo-") as temporary:
            yield Path(temporary)
        return
    invocation.data.mkdir(parents=True, exist_ok=True)
    # Below it and not in it: a platform that was started there must not be met.
    kept = Path(tempfile.mkdtemp(prefix="demo-", dir=invocation.data))
    note(f"Files: {kept}")
    yield kept


def _play(wanted: Wanted, apps: int) -> Ending:
    with shown(live=sys.stderr.isatty()) as view, ExitStack() as stack:
        with view.chapter("Start control, us and de") as chapter:
            platform = stack.enter_context(running_platform(wanted, report=lambda line: _tell(chapter, line)))
            chapter.detail = "three processes, a database each"
        return tell_story(platform, view, apps=apps)


def _tell(chapter: Chapter, line: str) -> None:
    chapter.detail = line


def _print_ending(ending: Ending) -> None:
    print_table(
        ("silo", "replicas of", "expected", "held", "equal"),
        [
            (each.side.holder, each.side.category, each.expected, each.held, each.is_equal)
            for each in ending.comparisons
        ],
    )
    if ending.is_happy:
        print(f"Every replica is equal. {ending.lost_region} missed {ending.written} apps and has them all.")
    else:
        note("silo demo: replicas differ; see the table.")
