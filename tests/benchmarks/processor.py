"""Processor time of the processes that a topology is made of: what a busy machine disturbs less than the wall clock."""

from collections.abc import Mapping
from os import getpid, sysconf
from pathlib import Path

_TICKS = sysconf("SC_CLK_TCK")


class Processors:
    """Seconds of processor, user and system, that each part of a topology has taken since this was made."""

    def __init__(self, roots: Mapping[str, int]) -> None:
        """Args:
        roots: by name of the part, the process at its root; its children count with it.
        """
        self._roots = roots
        self._begin = self._now()

    def seconds(self) -> Mapping[str, float]:
        return {name: spent - self._begin[name] for name, spent in self._now().items()}

    def _now(self) -> Mapping[str, float]:
        spent, parents = _processes()
        return {name: _of_tree(root, spent, parents) for name, root in self._roots.items()}


def postmaster(folder: Path) -> int:
    """The process at the root of the PostgreSQL whose data is somewhere in that folder."""
    (file,) = folder.rglob("postmaster.pid")
    return int(file.read_text().split()[0])


def _of_tree(root: int, spent: Mapping[int, float], parents: Mapping[int, int]) -> float:
    children = (pid for pid, parent in parents.items() if parent == root)
    # A child of this process that is measured by itself is a part of its own.
    own = () if root == getpid() else children
    return spent.get(root, 0.0) + sum(_of_tree(child, spent, parents) for child in own)


def _processes() -> tuple[dict[int, float], dict[int, int]]:
    """By process: its seconds with those of children that have ended, and its parent."""
    spent, parents = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue  # it has ended
        # The name in brackets may hold blanks and brackets: what follows the last one is numbered from field 3 on.
        fields = text.rpartition(")")[2].split()
        pid = int(stat.parent.name)
        parents[pid] = int(fields[1])
        spent[pid] = sum(map(int, fields[11 : 13 if pid == getpid() else 15])) / _TICKS
    return spent, parents
