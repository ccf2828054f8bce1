"""An open write transaction as a value, and the rule that nobody calls another silo while one is open.

Knows no driver, so the channel can ask it without loading one.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared import errors

if TYPE_CHECKING:
    from shared.database.database import Database

in_transaction: ContextVar[bool] = ContextVar("in_transaction", default=False)
"""True between the begin and the end of a transaction of any silo in this process."""


@dataclass(frozen=True, eq=False)
class Transaction:
    """An open write transaction. Who holds one may write; ``change`` and ``enqueue`` demand it."""

    database: "Database"
    callbacks: list[Callable[[], None]] = field(default_factory=list, repr=False)
    changed: dict[tuple[str, int], None] = field(default_factory=dict, repr=False)
    """Category and id of objects that others hold copies of, in the order in which they were last said to change. At
    the end of the transaction, and still in it, the database's ``keeper`` does what follows from that."""

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Calls ``callback`` once, after the commit; never when it rolls back."""
        self.callbacks.append(callback)


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Refuses calls to other silos while it lasts."""
    token = in_transaction.set(True)
    try:
        yield
    finally:
        in_transaction.reset(token)


def refuse_inside_transaction(method: str) -> None:
    """An RPC inside a transaction would hold its locks for as long as another silo likes.

    Args:
        method: ``/package.Service/Method`` that is about to be called.

    Raises:
        RpcInsideTransaction: a transaction is open here.
    """
    # A context variable, so that it also holds for whatever the transaction calls, however deep.
    if in_transaction.get():
        raise errors.RpcInsideTransaction(metadata={"method": method})
