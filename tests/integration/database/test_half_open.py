"""Networks that fail in silence: no thread waits for ever, and none for another's connection."""

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.clock import SystemClock
from shared.database.connect import connect
from shared.database.database import CHECK_SECONDS, Database
from shared.database.migrating import apply_migrations
from shared.errors import DatabaseUnavailable
from shared.outbox.enqueue import enqueue
from shared.outbox.message import migrate_outbox
from shared.outbox.worker import Worker
from tests.integration.database.conftest import create_notes, texts, write
from tests.integration.outbox.conftest import Scripted
from tests.proxy import Proxy, proxied

pytestmark = pytest.mark.postgres
ANSWER_SECONDS = 1.0
PATIENCE_SECONDS = 20.0


@pytest.fixture
def network(postgres_url: str) -> Iterator[tuple[Proxy, str]]:
    with proxied(postgres_url) as network:
        yield network


@pytest.fixture
def proxy(network: tuple[Proxy, str]) -> Proxy:
    return network[0]


@pytest.fixture
def database(network: tuple[Proxy, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database behind the proxy, none of whose answers is waited for long."""
    monkeypatch.setattr("shared.database.postgresql.ANSWER_SECONDS", ANSWER_SECONDS)
    monkeypatch.setattr("shared.database.postgresql.RESTED_SECONDS", 0.0)
    with contextlib.closing(connect(network[1], pool_size=2)) as database:
        create_notes(database)
        migrate_outbox(database)
        (tmp_path / "0001_first.py").write_text("def up(migrator, db): ...")
        apply_migrations(database, tmp_path)
        write(database, "before")
        yield database


@contextlib.contextmanager
def lasting_no_longer_than(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds + 1.0  # the machine may be busy


def test_an_answer_that_never_comes_is_an_error_in_time_and_the_next_statement_works(
    database: Database, proxy: Proxy
) -> None:
    with lasting_no_longer_than(ANSWER_SECONDS), pytest.raises(DatabaseUnavailable), database.session():
        proxy.lose_the_server()
        database.rows("SELECT 1")
    write(database, "after")
    assert texts(database) == ["before", "after"]


def test_a_transaction_whose_server_is_lost_fails_in_time(database: Database, proxy: Proxy) -> None:
    with lasting_no_longer_than(ANSWER_SECONDS), pytest.raises(DatabaseUnavailable), database.transaction():
        database.rows("INSERT INTO note (text) VALUES ('lost')")
        proxy.lose_the_server()
    assert texts(database) == ["before"]


def test_a_connection_that_was_lost_at_rest_costs_one_question(database: Database, proxy: Proxy) -> None:
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: texts(database), range(8)))
    proxy.lose_the_server()
    with lasting_no_longer_than(ANSWER_SECONDS):
        assert texts(database) == ["before"]


def test_nobody_waits_while_another_s_connection_is_asked(database: Database, proxy: Proxy) -> None:
    with ThreadPoolExecutor(1) as threads:
        with database.session():
            assert threads.submit(texts, database).result() == ["before"]  # the second connection rests from here on
            proxy.fall_silent()
            asking = threads.submit(texts, database)
            threading.Event().wait(0.1)
            began_to_return_at = time.monotonic()
        assert time.monotonic() - began_to_return_at < 0.1
        assert isinstance(asking.exception(), DatabaseUnavailable)
    proxy.speak()
    assert texts(database) == ["before"]


def test_a_check_of_a_database_that_says_nothing_fails_in_time(database: Database, proxy: Proxy) -> None:
    database.check()
    proxy.fall_silent()
    with lasting_no_longer_than(CHECK_SECONDS), pytest.raises(DatabaseUnavailable):
        database.check()
    proxy.speak()
    database.check()


def test_a_worker_goes_on_after_its_server_was_lost(database: Database, proxy: Proxy, postgres_url: str) -> None:
    arrived = threading.Event()

    class Signalling(Scripted):
        def deliver(self, claims: object) -> list[None]:  # type: ignore[override]
            arrived.set()
            return [None]

    worker = Worker(
        database, clock=SystemClock(), list_destinations=lambda: ["us"], open_destination=lambda _: Signalling()
    )
    worker.start()
    proxy.lose_the_server()
    with contextlib.closing(connect(postgres_url)) as writing, writing.transaction() as tx:
        enqueue(tx, "app", [7], destinations=["us"])
    assert arrived.wait(PATIENCE_SECONDS)
    worker.stop()
