import pytest

from shared.clock import SystemClock
from shared.database import connect
from shared.outbox.enqueue import enqueue
from shared.outbox.listen import Listener
from shared.outbox.schema import migrate_outbox

PATIENCE_SECONDS = 20.0


@pytest.mark.postgres
def test_a_commit_in_one_process_rings_the_bell_in_another(postgres_url: str) -> None:
    writing, working = connect(postgres_url), connect(postgres_url)
    migrate_outbox(writing)
    bell, ready = working.wake.listen("us"), working.wake.listen("us")
    listener = Listener(working)
    listener.start()
    assert ready.wait(PATIENCE_SECONDS)  # rung once when it begins to listen
    bell.clear()
    with writing.transaction() as tx:
        enqueue(tx, "app", [7], destinations=["us"], now=SystemClock().now())
    assert bell.wait(PATIENCE_SECONDS)
    listener.stop()
    working.close()
    writing.close()
