"""How the story is shown: live at a terminal, line by line anywhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from shared.cli.story.stage import Chapter, Progress, Stage
from shared.cli.tables import cell, make_table

_STYLES = {Progress.RUNNING: "cyan", Progress.DONE: "green", Progress.FAILED: "bold red"}


@contextmanager
def shown(*, live: bool) -> Iterator[Stage]:
    """A stage, shown on standard error while the block lasts.

    Args:
        live: redraw in place; otherwise a line for each beginning and each end.
    """
    console = Console(stderr=True)
    stage = Stage()
    if not live:
        stage.turned = lambda chapter: console.print(_line(chapter), highlight=False, soft_wrap=True)
        yield stage
        return
    with Live(get_renderable=lambda: _picture(stage), console=console, refresh_per_second=10):
        yield stage


def _line(chapter: Chapter) -> Text:
    if chapter.progress is Progress.RUNNING:
        return Text(f"{chapter.title} …")
    return Text(f"  {chapter.progress.value} {chapter.detail or chapter.title}")


def _picture(stage: Stage) -> RenderableType:
    story = Table.grid(padding=(0, 1))
    for chapter in list(stage.chapters):
        mark = Text(chapter.progress.value, style=_STYLES[chapter.progress])
        story.add_row(mark, Text(chapter.title), Text(chapter.detail, style="dim"))
    rows = [
        (name, "up" if scene.is_up else "gone", _milliseconds(scene.lag_seconds), cell(scene.backlog))
        for name, scene in list(stage.regions.items())
    ]
    return Group(story, make_table(("region", "state", "lag", "waiting for it"), rows) if rows else Text())


def _milliseconds(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds * 1000:.1f} ms"
