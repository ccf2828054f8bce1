"""What drivers say, in our words. Owns the mapping; driver text never crosses it."""

import contextlib
from collections.abc import Callable, Iterator

import peewee
from playhouse.pool import MaxConnectionsExceeded

from shared.errors import DatabaseBusy, DatabaseFull, DatabaseUnavailable, PoolExhausted, SiloError

_BUSY_STATES = ("40001", "40P01", "55P03", "57014")
_FULL_STATES = ("53100", "53200")
_CROWDED_STATES = ("53300",)
_UNMIGRATED_STATES = ("42P01", "42703")
_UNMIGRATED_TEXTS = ("no such table", "no such column")


@contextlib.contextmanager
def translated(*, on_lost: Callable[[], object]) -> Iterator[None]:
    """Turns a driver's operational errors into leaves of the tree; integrity errors are the service's to explain.

    Args:
        on_lost: called when the connection is of no use any more.
    """
    try:
        yield
    except MaxConnectionsExceeded as exc:
        raise PoolExhausted from exc
    except peewee.DatabaseError as exc:
        error = _translate(exc)
        if error is None:
            raise
        if isinstance(error, DatabaseUnavailable):
            on_lost()
        raise error from exc


def _translate(exc: peewee.DatabaseError) -> SiloError | None:
    """The leaf that says it; None for what only the service can explain."""
    # A transaction that fails because the disk is full is gone already, and then its rollback fails too: the reason is
    # further down.
    for link in _chain(exc):
        state = getattr(link, "sqlstate", None)
        # SQLite has texts only. Those of other errors than operational ones quote what users wrote.
        text = str(link).lower() if isinstance(link, peewee.OperationalError) else ""
        if state in _BUSY_STATES or "is locked" in text:
            return DatabaseBusy()
        if state in _FULL_STATES or "is full" in text:
            return DatabaseFull()
        if state in _CROWDED_STATES:
            return PoolExhausted()
        if state in _UNMIGRATED_STATES or text.startswith(_UNMIGRATED_TEXTS):
            return DatabaseUnavailable("The database is not migrated; run `migrate`.")
    # The bare class is sqlite's "file is not a database" and "disk image is malformed".
    is_lost = isinstance(exc, peewee.OperationalError) or type(exc) is peewee.DatabaseError
    return DatabaseUnavailable() if is_lost else None


def _chain(exc: BaseException | None) -> Iterator[BaseException]:
    """The error and those that it came out of, as far as they are the database's."""
    while exc is not None and not isinstance(exc, SiloError):
        yield exc
        exc = exc.__cause__ or exc.__context__
