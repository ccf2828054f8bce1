"""What drivers say, in our words. Owns the mapping; driver text never crosses it."""

from collections.abc import Iterator

import peewee
from playhouse.pool import MaxConnectionsExceeded

from shared.errors import DatabaseBusy, DatabaseFull, DatabaseUnavailable, InvalidInput, PoolExhausted, SiloError

# Serialization failure, deadlock, lock not available, and canceled by a timeout: the same may work in a moment.
_BUSY_STATES = ("40001", "40P01", "55P03", "57014")
# Disk full, out of memory.
_FULL_STATES = ("53100", "53200")
# Too many connections.
_CROWDED_STATES = ("53300",)
# Undefined table, undefined column: another version of this program has made the database.
_UNMIGRATED_STATES = ("42P01", "42703")
# Program limit exceeded: a text that is looked up by an index has a page of it at most.
_LIMIT_STATES = ("54000",)
_UNHOLDABLE_TEXT = "PostgreSQL text fields cannot contain NUL"
_UNMIGRATED_TEXTS = ("no such table", "no such column")


def translate(exc: BaseException) -> SiloError | None:
    """The leaf of the tree that says what a driver or the pool said.

    Returns:
        None for what is no trouble of the database's, and for what only the service can explain: integrity errors.
        ``InvalidInput`` for a text that no column or index can hold, wherever it came from.
    """
    # The pool's, and no error of a driver's: it says that we are busy, not the server.
    if isinstance(exc, MaxConnectionsExceeded):
        return PoolExhausted()
    if isinstance(exc, peewee.DataError) and str(exc).startswith(_UNHOLDABLE_TEXT):
        return InvalidInput("Null characters are not allowed.")
    if not isinstance(exc, peewee.DatabaseError):
        return None
    # A transaction that fails because the disk is full is gone already, and then its rollback fails too: the reason is
    # further down.
    for link in _chain(exc):
        known = _known(link)
        if known is not None:
            return known
    # The bare class is sqlite's "file is not a database" and "disk image is malformed".
    is_lost = isinstance(exc, peewee.OperationalError) or type(exc) is peewee.DatabaseError
    return DatabaseUnavailable() if is_lost else None


def _known(exc: BaseException) -> SiloError | None:
    """What one error of a chain says by its code or, from SQLite, which has texts only, by its text."""
    state = getattr(exc, "sqlstate", None)
    # The texts of other errors than operational ones quote what users wrote.
    text = str(exc).lower() if isinstance(exc, peewee.OperationalError) else ""
    # SQLite has one code for both kinds of lock, and this text in each.
    if state in _BUSY_STATES or "is locked" in text:
        return DatabaseBusy()
    if state in _FULL_STATES or "is full" in text:
        return DatabaseFull()
    if state in _CROWDED_STATES:
        return PoolExhausted()
    if state in _LIMIT_STATES:
        return InvalidInput("A text is longer than it can be looked up by.")
    # Said apart: waiting mends a server that is away, and never a schema.
    if state in _UNMIGRATED_STATES or text.startswith(_UNMIGRATED_TEXTS):
        return DatabaseUnavailable("The database is not migrated; run `migrate`.")
    return None


def _chain(exc: BaseException | None) -> Iterator[BaseException]:
    """The error and those that it came out of, as far as they are the database's."""
    while exc is not None and not isinstance(exc, SiloError):
        yield exc
        exc = exc.__cause__ or exc.__context__
