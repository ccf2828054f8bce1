"""The story as far as it is told, its chapters and the regions, and how it is shown.

Live at a terminal, line by line anywhere else.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from shared.cli.tables import cell, make_table


class Progress(Enum):
    """How far a chapter is."""

    RUNNING = "…"
    DONE = "✓"
    FAILED = "✗"


@dataclass
class Chapter:
    """One step of the story."""

    title: str
    progress: Progress = Progress.RUNNING
    detail: str = ""
    """What has come of it so far."""


@dataclass
class RegionScene:
    """One region as the audience sees it."""

    is_up: bool = False
    lag_seconds: float | None = None
    """The last one measured."""
    backlog: int | None = None


@dataclass
class StoryView:
    """Everything that is shown; ``turned`` is called when a chapter begins or ends."""

    turned: Callable[[Chapter], None] = lambda _: None
    chapters: list[Chapter] = field(default_factory=list)
    regions: dict[str, RegionScene] = field(default_factory=dict)

    @contextmanager
    def chapter(self, title: str) -> Iterator[Chapter]:
        """A chapter that lasts as long as the block, and fails with it."""
        chapter = Chapter(title)
        self.chapters.append(chapter)
        self.turned(chapter)
        try:
            yield chapter
        # Ctrl-C too: the chapter that it ended is shown as one that failed.
        except BaseException:
            chapter.progress = Progress.FAILED
            self.turned(chapter)
            raise
        chapter.progress = Progress.DONE
        self.turned(chapter)


_STYLES = {Progress.RUNNING: "cyan", Progress.DONE: "green", Progress.FAILED: "bold red"}


@contextmanager
def shown(*, live: bool) -> Iterator[StoryView]:
    """A view of the story, shown on standard error while the block lasts.

    Args:
        live: redraw in place; otherwise a line for each beginning and each end.
    """
    # Standard output is what scripts read.
    console = Console(stderr=True)
    view = StoryView()
    if not live:
        view.turned = lambda chapter: console.print(_line(chapter), highlight=False, soft_wrap=True)
        yield view
        return
    with Live(get_renderable=lambda: drawn(view), console=console, refresh_per_second=10):
        yield view


def _line(chapter: Chapter) -> Text:
    if chapter.progress is Progress.RUNNING:
        return Text(f"{chapter.title} …")
    return Text(f"  {chapter.progress.value} {chapter.detail or chapter.title}")


def drawn(view: StoryView) -> RenderableType:
    """The story so far: its chapters, and the regions below them."""
    story = Table.grid(padding=(0, 1))
    # A copy: the story goes on in another thread while this one draws.
    for chapter in list(view.chapters):
        mark = Text(chapter.progress.value, style=_STYLES[chapter.progress])
        story.add_row(mark, Text(chapter.title), Text(chapter.detail, style="dim"))
    rows = [
        (name, "up" if scene.is_up else "gone", _milliseconds(scene.lag_seconds), cell(scene.backlog))
        for name, scene in list(view.regions.items())
    ]
    return Group(story, make_table(("region", "state", "lag", "waiting for it"), rows) if rows else Text())


def _milliseconds(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds * 1000:.1f} ms"
