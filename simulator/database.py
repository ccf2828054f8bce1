"""A silo's database as the simulator opens it: the platform's own, whose process may die around each transaction."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from typing_extensions import override

from shared.clock import Clock
from shared.database.database import Database, Expected
from shared.database.file import DatabaseFile
from shared.database.pool import sqlite_pool
from shared.database.statement import Dialect
from shared.database.transaction import Transaction

_CONNECTIONS = 4


class SimulatedDatabase(Database):
    """Everything that is written goes through ``transaction``, and so do claims and what settles them."""

    def __init__(self, path: Path, *, clock: Clock, step: Callable[[str], None]) -> None:
        """Args:
        path: of a file that is there.
        clock: what time it is in the database.
        step: told of each step, by its place; may raise ``Crash``.
        """
        file = DatabaseFile.find(path, create=False)
        super().__init__(sqlite_pool(path, size=_CONNECTIONS), dialect=Dialect.SQLITE, file=file, clock=clock)
        self._step = step

    @override
    def expect(self, schemas: Iterable[Expected]) -> None:
        """Nobody else migrates what the foundation has, and looking at each start is a tenth of a story's time."""

    @override
    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        self._step("before a transaction")
        with super().transaction() as tx:
            yield tx
        self._step("after a commit")

    @override
    def _keep(self, tx: Transaction) -> None:
        self._step("before editions are made")
        super()._keep(tx)
        # What was written is rolled back, messages and editions with it.
        self._step("before a commit")
