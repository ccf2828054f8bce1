"""One use of a database by one thread, and which one surrounds the caller. Refuses to know tables and engines."""

from contextvars import ContextVar
from typing import TYPE_CHECKING

from shared.database.pool import NO_SESSION
from shared.errors import DatabaseMisused

if TYPE_CHECKING:
    from shared.database.database import Database

bound: ContextVar["Database | None"] = ContextVar("bound_database", default=None)


class Session:
    """One use of a database by one thread. A class, since a generator would cost a small read a third of its time."""

    __slots__ = ("_database", "_is_outermost", "_token")

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._is_outermost = False

    def __enter__(self) -> None:
        # Models find their database by it: one process may hold several silos.
        self._token = bound.set(self._database)
        try:
            # Only the outermost session took a connection, and only it gives one back.
            self._is_outermost = self._database.peewee.connect(reuse_if_open=True)
        except BaseException as exc:
            bound.reset(self._token)
            self._database.raise_translated(exc)
            raise

    def __exit__(self, kind: object, exc: BaseException | None, traceback: object) -> None:
        try:
            if exc is not None:
                self._database.raise_translated(exc)
        finally:
            if self._is_outermost:
                self._database.peewee.close()
            bound.reset(self._token)


def current_database() -> "Database":
    """The database whose session surrounds the caller.

    Raises:
        DatabaseMisused: there is no session.
    """
    database = bound.get()
    if database is None:
        raise DatabaseMisused(NO_SESSION)
    return database
