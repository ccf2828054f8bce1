import io

import pytest
from rich.console import Console

from shared.cli.story.view import Chapter, Progress, StoryView, drawn, shown


def test_a_chapter_is_done_when_its_block_ends() -> None:
    view = StoryView()
    with view.chapter("Begin") as chapter:
        assert chapter.progress is Progress.RUNNING
    assert [each.progress for each in view.chapters] == [Progress.DONE]


def test_a_chapter_fails_with_its_block() -> None:
    view = StoryView()
    with pytest.raises(ValueError, match="no"), view.chapter("Begin"):
        raise ValueError("no")
    assert view.chapters[0].progress is Progress.FAILED


def test_without_a_terminal_each_beginning_and_end_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with shown(live=False) as view, view.chapter("Kill [a] region") as chapter:
        chapter.detail = "gone"
    printed = capsys.readouterr()
    assert printed.err.splitlines() == ["Kill [a] region …", "  ✓ gone"]
    assert printed.out == ""


@pytest.mark.parametrize("progress", Progress)
def test_a_chapter_is_drawn_whatever_became_of_it(progress: Progress) -> None:
    view = StoryView()
    view.chapters.append(Chapter("Kill a region", progress=progress))
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(drawn(view))
    assert console.export_text().split() == [progress.value, "Kill", "a", "region"]
