"""Rows that were read before, kept in this process and given out again while nothing can have changed them.

Owns the rule by which a kept read is certain, and the bound of the memory. What is kept carries the mark that its
tables had before they were read; as long as they have it still, nobody has written them since. Where no mark can be
told, the tables are asked, as if nothing were kept. That no row was found is kept too. Refuses to know any table.
"""

import re
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar, cast

from cachetools import LRUCache

from shared.errors import DatabaseMisused

KEPT_BYTES = 32 * 2**20
"""What all kept rows of a process hold at most; the least recently read are forgotten first."""
MAX_READ_BYTES = KEPT_BYTES // 64
"""The rows of a read that holds more are not kept, so that a few large lists do not drive out all else."""
_ROW_BYTES, _VALUE_BYTES = 200, 40
"""About what a row and a value cost beside its texts and bytes."""
_NAMED = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)")

T = TypeVar("T")
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
    value: object
    bytes: int


class KeptReads:
    """Reads of some tables; safe to share between threads. Until it begins, and after its end, everything is asked."""

    def __init__(self, ask: Ask, *, must_ask: Callable[[], bool] = lambda: False) -> None:
        """Args:
        ask: runs a statement now, in a session of its own where none surrounds it.
        must_ask: whether whoever reads has to be told by the tables: a transaction sees what it has written itself, and
            a snapshot nothing newer than itself.
        """
        self._ask = ask
        self._must_ask = must_ask
        self._watch: Watch | None = None
        self._tables: frozenset[str] = frozenset()
        self._kept: LRUCache[tuple[Any, ...], _Kept] = LRUCache(KEPT_BYTES, getsizeof=lambda kept: kept.bytes)
        self._lock = threading.Lock()

    def begin(self, watch: Watch, tables: Collection[str]) -> None:
        """Keeps reads of these tables, which are watched."""
        self._watch, self._tables = watch, frozenset(tables)

    def stop(self) -> None:
        """Idempotent."""
        if self._watch:
            self._watch.stop()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """The rows of a statement: see ``get``."""
        return self.get(sql, parameters, _as_they_are)

    def get(self, sql: str, parameters: Sequence[Any], read: Callable[[Rows], T]) -> T:
        """What is made of the rows of a statement, as its tables have them at a moment after the call began.

        What this process has committed shows at once; what another has, once this one hears of it.

        Args:
            sql: one ``SELECT``, ``?`` for each parameter.
            parameters: hashable values.
            read: makes it. May ask watched tables for more; nobody changes what it made, which is given out again.

        Raises:
            DatabaseMisused: it reads a table that is not watched.
        """
        # Before the tables are read: whatever is committed after this makes another mark, so that rows which may be of
        # before or after it are never given out under the later one.
        mark = self._watch.mark() if self._watch and not self._must_ask() else None
        if mark is None:
            return read(self._ask(sql, parameters))
        key = (sql, read, *parameters)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept.mark == mark:
            return cast(T, kept.value)
        if strangers := tables_of(sql) - self._tables:
            raise DatabaseMisused(f"Nobody watches {', '.join(sorted(strangers))}.")
        rows = self._ask(sql, parameters)
        kept = _Kept(mark, value := read(rows), _size_of(parameters) + sum(map(_size_of, rows)))
        if kept.bytes <= MAX_READ_BYTES:
            with self._lock:
                self._kept[key] = kept
        return value


@lru_cache(maxsize=1024)
def tables_of(sql: str) -> frozenset[str]:
    """The tables that a statement of ours reads, by their names after ``FROM`` and ``JOIN``."""
    return frozenset(_NAMED.findall(sql))


def _size_of(values: Iterable[Any]) -> int:
    return _ROW_BYTES + sum(_VALUE_BYTES + (len(each) if isinstance(each, str | bytes) else 0) for each in values)


def _as_they_are(rows: Rows) -> Rows:
    return rows
