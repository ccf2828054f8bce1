"""Where simulated databases lie: in memory where there is such a place, for as long as somebody plays with them."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory; the folder below it is ours alone


@contextlib.contextmanager
def open_folder(*, within: Path | None = None) -> Iterator[Path]:
    """An empty folder until the block ends.

    Args:
        within: a folder that somebody else removes, should this process be killed; None: there is none.
    """
    parent = within or (_MEMORY if _MEMORY.is_dir() else None)
    with tempfile.TemporaryDirectory(prefix="silo-simulate-", dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
