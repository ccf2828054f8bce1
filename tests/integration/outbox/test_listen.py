from collections.abc import Iterator

import pytest

from shared.database.connect import connect
from shared.database.database import Database
from shared.outbox.enqueue import announce_destination, enqueue
from shared.outbox.listen import Listener
from shared.outbox.message import migrate_outbox
from shared.wake import EVERY_DESTINATION

PATIENCE_SECONDS = 20.0


@pytest.fixture
def writing(postgres_url: str) -> Iterator[Database]:
    database = connect(postgres_url)
    migrate_outbox(database)
    yield database
    database.close()


@pytest.fixture
def working(postgres_url: str, writing: Database) -> Iterator[Database]:
    """As another process has the same database, which it listens to."""
    database = connect(postgres_url)
    ready = database.wake.listen("ready")
    listener = Listener(database, address=postgres_url)
    listener.start()
    assert ready.wait(PATIENCE_SECONDS)  # every bell is rung once when it begins to listen
    yield database
    listener.stop()
    database.close()


@pytest.mark.postgres
def test_a_commit_in_one_process_rings_the_bell_in_another(writing: Database, working: Database) -> None:
    bell = working.wake.listen("us")
    with writing.transaction() as tx:
        enqueue(tx, "app", [7], destinations=["us"])
    assert bell.wait(PATIENCE_SECONDS)


@pytest.mark.postgres
def test_a_new_destination_is_announced_to_other_processes(writing: Database, working: Database) -> None:
    bell = working.wake.listen(EVERY_DESTINATION)
    with writing.transaction() as tx:
        announce_destination(tx)
    assert bell.wait(PATIENCE_SECONDS)
