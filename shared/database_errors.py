"""What drivers say, in our words. Owns the mapping; driver text never crosses it."""

import contextlib
from collections.abc import Callable, Iterator

import peewee
from playhouse.pool import MaxConnectionsExceeded

from shared.errors import DatabaseBusy, DatabaseFull, DatabaseUnavailable, PoolExhausted, SiloError

_BUSY_STATES = ("40001", "40P01", "55P03", "57014")
_FULL_STATES = ("53100", "53200")
_CROWDED_STATES = ("53300",)


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
    except peewee.OperationalError as exc:
        error = _translate(exc)
        if isinstance(error, DatabaseUnavailable):
            on_lost()
        raise error from exc
    except peewee.DatabaseError as exc:
        if type(exc) is peewee.DatabaseError:  # sqlite: "file is not a database", "disk image is malformed"
            on_lost()
            raise DatabaseUnavailable from exc
        raise


def _translate(exc: peewee.OperationalError) -> SiloError:
    state = getattr(exc.__cause__, "sqlstate", None) or getattr(exc.__context__, "sqlstate", None)
    text = str(exc).lower()
    if state in _BUSY_STATES or "is locked" in text:
        return DatabaseBusy()
    if state in _FULL_STATES or "is full" in text:
        return DatabaseFull()
    if state in _CROWDED_STATES:
        return PoolExhausted()
    if "no such table" in text or "no such column" in text:
        return DatabaseUnavailable("The database is not migrated; run `migrate`.")
    return DatabaseUnavailable()
