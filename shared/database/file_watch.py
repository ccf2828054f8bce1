"""Whether anybody has written to a SQLite file: this process or another, through whichever connection."""

import sqlite3
import threading
from pathlib import Path


class FileWatch:
    """Tells by SQLite's own count. Takes no lock of the database's, and a few microseconds. Implements ``Watch``."""

    def __init__(self, path: Path) -> None:
        """Args:
        path: of a database that is there.
        """
        # Its own and never written through: the count leaves out what its connection has committed itself.
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._lock = threading.Lock()

    def mark(self) -> object | None:
        try:
            with self._lock:
                return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            # Whatever it is, whoever asks the tables is told by them.
            return None

    def stop(self) -> None:
        with self._lock:
            self._connection.close()
