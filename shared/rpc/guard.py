"""Whether this thread of work is inside a database transaction.

Owns one context variable, written by ``shared/database.py`` and read by the channel, which refuses to call while it is
set: an RPC inside a transaction holds locks for as long as another silo likes. Refuses to know databases and gRPC.
"""

from contextvars import ContextVar

from shared import errors

in_transaction: ContextVar[bool] = ContextVar("in_transaction", default=False)
"""True between the begin and the end of a transaction of any silo in this process."""


def refuse_inside_transaction(method: str) -> None:
    """Args:
        method: ``/package.Service/Method`` that is about to be called.

    Raises:
        RpcInsideTransaction: a transaction is open here.
    """
    if in_transaction.get():
        raise errors.RpcInsideTransaction(metadata={"method": method})
