"""PostgreSQL's own logical replication of a table like the replicas', as the baseline of lag and drain."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.benchmarks.topology import postgres_server

_TABLE = """CREATE TABLE app_row (
    id bigint PRIMARY KEY, version bigint NOT NULL, tombstone boolean NOT NULL, checksum bytea NOT NULL,
    state bytea NOT NULL, slug text NOT NULL, application_id bigint NOT NULL, proxy_user_id bigint NOT NULL,
    owner_id bigint NOT NULL, status text NOT NULL)"""
_INDEXES = ("slug", "application_id", "proxy_user_id", "owner_id")

ROWS = """INSERT INTO app_row
    SELECT n, 1, false, decode(repeat('ab', 32), 'hex'), decode(repeat('cd', 520), 'hex'), 'app-' || n, n, n, 1,
    'published' FROM generate_series(1, {count}) AS n"""


class Pair:
    """A publisher and a subscriber."""

    def __init__(self, publisher: str, subscriber: str) -> None:
        self.publisher_url, self.subscriber_url = publisher, subscriber
        self.publisher = psycopg.connect(publisher, autocommit=True)
        self.subscriber = psycopg.connect(subscriber, autocommit=True)
        for connection in (self.publisher, self.subscriber):
            connection.execute(_TABLE)
        for column in _INDEXES:
            self.subscriber.execute(f"CREATE INDEX ON app_row ({column})".encode())
        self.publisher.execute("CREATE PUBLICATION apps FOR TABLE app_row")

    def subscribe(self) -> None:
        """Starts replicating what is written from now on."""
        where = f"CREATE SUBSCRIPTION apps CONNECTION '{self.publisher_url}' PUBLICATION apps WITH (copy_data = false)"
        self.subscriber.execute(where.encode())

    def pause(self) -> None:
        self.subscriber.execute("ALTER SUBSCRIPTION apps DISABLE")

    def resume(self) -> None:
        self.subscriber.execute("ALTER SUBSCRIPTION apps ENABLE")

    def count(self) -> int:
        """Rows that have arrived."""
        row = self.subscriber.execute("SELECT count(*) FROM app_row").fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        self.subscriber.execute("ALTER SUBSCRIPTION apps DISABLE")
        self.subscriber.execute("ALTER SUBSCRIPTION apps SET (slot_name = NONE)")
        self.subscriber.execute("DROP SUBSCRIPTION apps")
        self.subscriber.close()
        self.publisher.close()


@contextlib.contextmanager
def logical_pair(folder: Path) -> Iterator[Pair]:
    """Two servers, one replicating from the other."""
    with postgres_server(folder / "publisher") as publisher, postgres_server(folder / "subscriber") as subscriber:
        pair = Pair(publisher.get_uri(), subscriber.get_uri())
        pair.subscribe()
        try:
            yield pair
        finally:
            pair.close()
