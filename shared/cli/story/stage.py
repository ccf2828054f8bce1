"""The story as far as it is told: its chapters, and the regions as they are. How it is shown is the view's matter."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum


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
class Stage:
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
        except BaseException:
            chapter.progress = Progress.FAILED
            self.turned(chapter)
            raise
        chapter.progress = Progress.DONE
        self.turned(chapter)
