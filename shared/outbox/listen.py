"""Wakes this process for messages that another process committed, over PostgreSQL's LISTEN/NOTIFY.

Owns one connection outside the pool. Losing it costs latency only: the poll is the net.
"""

import threading
import time

import psycopg
import structlog

from shared.database.database import Database
from shared.database.postgresql import answering_within, open_alone
from shared.outbox.enqueue import NOTIFY_CHANNEL

log = structlog.get_logger(__name__)

_RECONNECT_SECONDS = 1.0
_CHECK_SECONDS = 0.5
ASK_EVERY_SECONDS = 5.0
"""How often the connection is asked whether it lives: one that a proxy keeps for us alone would be silent for ever."""
ASK_SECONDS = 2.0
"""How long it may take to say so."""
STOP_SECONDS = 1.0
"""How long stopping waits for a connection that is being opened."""


class Listener:
    """A thread that rings the database's bell for each notification."""

    def __init__(self, database: Database, *, address: str) -> None:
        """Args:
        database: whose bell.
        address: where it is heard: the URL of the server itself, not of a pooler.
        """
        self._database = database
        self._address = address
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox-listen", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except psycopg.Error as exc:
                log.info("outbox.listener_lost", error=type(exc).__name__)
                self._stopping.wait(_RECONNECT_SECONDS)

    def _listen(self) -> None:
        with open_alone(self._address) as connection:
            connection.execute(f"LISTEN {NOTIFY_CHANNEL}")
            # What was committed while nobody listened made no notification that could still come.
            self._database.wake.ring_all()
            asked_at = time.monotonic()
            while not self._stopping.is_set():
                for notify in connection.notifies(timeout=_CHECK_SECONDS):
                    self._database.wake.ring(notify.payload)
                if time.monotonic() - asked_at >= ASK_EVERY_SECONDS:
                    with answering_within(ASK_SECONDS):
                        connection.execute("SELECT 1")
                    asked_at = time.monotonic()
