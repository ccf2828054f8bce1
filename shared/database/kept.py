"""Rows that were read before, kept in this process and given out again while nothing can have changed them.

Owns the rule by which a kept read is certain, and the bound of the memory. What is kept carries the mark that its
tables had before they were read; as long as they have it still, nobody has written them since. Where no mark can be
told, the tables are asked, as if nothing were kept. That no row was found is kept too. Refuses to know any table.
"""

import re
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeAlias

from cachetools import LRUCache

from shared.errors import DatabaseMisused

KEPT_BYTES = 32 * 2**20
"""What all kept rows of a process hold at most; the least recently read are forgotten first."""
MAX_READ_BYTES = KEPT_BYTES // 64
"""The rows of a read that holds more are not kept, so that a few large lists do not drive out all else."""
_ROW_BYTES, _VALUE_BYTES = 200, 40
"""About what a row and a value cost beside its texts and bytes."""
_NAMED = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)")

Rows: TypeAlias = Sequence[tuple[Any, ...]]
Ask: TypeAlias = Callable[[str, Sequence[Any]], Rows]
"""Runs a statement with its parameters now."""


class Watch(Protocol):
    """Knows whether tables have changed."""

    def mark(self) -> object | None:
        """Equal to an earlier one while nobody has changed the tables since; None: nobody can be sure."""
        ...

    def stop(self) -> None:
        """Is of no use from now on. Idempotent."""
        ...


class _Kept(NamedTuple):
    mark: object
    rows: Rows
    bytes: int


class KeptReads:
    """Reads of some tables; safe to share between threads."""

    def __init__(self, watch: Watch, tables: Collection[str], *, ask: Ask) -> None:
        """Args:
        watch: of these tables.
        tables: names of those that a kept read may be of.
        ask: runs a statement now.
        """
        self._watch = watch
        self._tables = frozenset(tables)
        self._ask = ask
        self._kept: LRUCache[tuple[Any, ...], _Kept] = LRUCache(KEPT_BYTES, getsizeof=lambda kept: kept.bytes)
        self._lock = threading.Lock()

    def rows(self, sql: str, parameters: Sequence[Any]) -> Rows:
        """The rows of a statement, as its tables have them at a moment after the call began.

        Args:
            sql: one ``SELECT``, ``?`` for each parameter.
            parameters: hashable values.

        Raises:
            DatabaseMisused: it reads a table that is not watched.
        """
        # Before the tables are read: whatever is committed after this makes another mark, so that rows which may be of
        # before or after it are never given out under the later one.
        mark = self._watch.mark()
        if mark is None:
            return self._ask(sql, parameters)
        key = (sql, *parameters)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept.mark == mark:
            return kept.rows
        if strangers := tables_of(sql) - self._tables:
            raise DatabaseMisused(f"Nobody watches {', '.join(sorted(strangers))}.")
        rows = self._ask(sql, parameters)
        kept = _Kept(mark, rows, _size_of(parameters) + sum(map(_size_of, rows)))
        if kept.bytes <= MAX_READ_BYTES:
            with self._lock:
                self._kept[key] = kept
        return rows

    def stop(self) -> None:
        self._watch.stop()


@lru_cache(maxsize=1024)
def tables_of(sql: str) -> frozenset[str]:
    """The tables that a statement of ours reads, by their names after ``FROM`` and ``JOIN``."""
    return frozenset(_NAMED.findall(sql))


def _size_of(values: Iterable[Any]) -> int:
    return _ROW_BYTES + sum(_VALUE_BYTES + (len(each) if isinstance(each, str | bytes) else 0) for each in values)
