"""Wakes this process for messages that another process committed, over PostgreSQL's LISTEN/NOTIFY.

Owns one connection outside the pool. Losing it costs latency only: the poll is the net.
"""

import threading

import psycopg
import structlog

from shared.database.database import Database
from shared.outbox.enqueue import NOTIFY_CHANNEL

log = structlog.get_logger(__name__)

_RECONNECT_SECONDS = 1.0
_CHECK_SECONDS = 0.5


class Listener:
    """A thread that rings the database's bell for each notification."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox-listen", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except psycopg.Error as exc:
                log.info("outbox.listener_lost", error=type(exc).__name__)
                self._stopping.wait(_RECONNECT_SECONDS)

    def _listen(self) -> None:
        with psycopg.connect(
            self._database.address, autocommit=True, connect_timeout=5, client_encoding="utf8"
        ) as connection:
            connection.execute(f"LISTEN {NOTIFY_CHANNEL}")
            # What was committed while nobody listened made no notification that could still come.
            self._database.wake.ring_all()
            while not self._stopping.is_set():
                for notify in connection.notifies(timeout=_CHECK_SECONDS):
                    self._database.wake.ring(notify.payload)
