"""PostgreSQL's connections: a pool that asks the server whether a connection lives only after it has rested.

Asking at every checkout would double the round trips of a small read; never asking would fail the first statement of
each connection after the server restarted.
"""

import time
from typing import Any

from playhouse.pool import PooledPostgresqlDatabase

RESTED_SECONDS = 1.0
"""A connection that was used more recently is taken without asking."""


class RestedPool(PooledPostgresqlDatabase):  # type: ignore[misc]
    """A pooled database that remembers when each connection came back."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._returned_at: dict[int, float] = {}
        super().__init__(*args, **kwargs)

    def _is_closed(self, conn: Any) -> bool:
        returned_at = self._returned_at.pop(self.conn_key(conn), None)
        if conn.closed:
            return True
        if returned_at is not None and time.monotonic() - returned_at < RESTED_SECONDS:
            return False
        return bool(super()._is_closed(conn))

    def _close(self, conn: Any, close_conn: bool = False) -> None:  # noqa: FBT001, FBT002 - the pool's own signature
        self._returned_at[self.conn_key(conn)] = time.monotonic()
        super()._close(conn, close_conn)
        if conn.closed:
            self._returned_at.pop(self.conn_key(conn), None)
