"""How soon an app is told that answers at once, alone and beside a thousand that hang with a hundred thousand due."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from shared.clock import SystemClock
from shared.database.connect import connect
from shared.database.database import Database
from shared.domain.webhook import PLATFORM, webhook_content
from shared.outbox.message import migrate_outbox
from shared.outgoing.client import AppClient
from shared.outgoing.reach import Reach
from shared.process import prefer_latency
from shared.request_log import RequestLogEntry
from shared.webhooks.attempt import Recipient
from shared.webhooks.delivery import Delivery, migrate_webhooks
from shared.webhooks.enqueue import NewDelivery, enqueue_deliveries
from shared.webhooks.lane import Prepare
from shared.webhooks.places import SOFT_SECONDS
from shared.webhooks.sender import Sender
from tests.benchmarks.measure import Measurement, at_most, quantile
from tests.benchmarks.topology import postgres_server

_HANGING, _DUE = 1_000, 100_000
_HEALTHY = 1
_TOLD = 300
_SECONDS_BETWEEN = 0.02
_KNOWN_SECONDS = 90.0
"""How long it may take until each app that hangs was called; what comes before is what a restart costs."""
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_GOAL = 1.5
_WAL_BEFORE_KB = 63.0
"""WAL a webhook when it was measured first."""


class _Receiver:
    """Answers ``/quick`` at once and says when it was called; never answers anything else."""

    def __init__(self) -> None:
        self.called_at: list[float] = []
        self.called = threading.Semaphore(0)
        self.hanging: set[bytes] = set()
        """Request lines of the apps that hang and were called."""
        self.port = 0

    async def run(self, ready: threading.Event, over: asyncio.Event) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await over.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"POST /quick"):
                self.called_at.append(time.perf_counter())
                self.called.release()
                writer.write(_ANSWER)
                await writer.drain()
            else:
                self.hanging.add(head.partition(b"\r\n")[0])
                await reader.read()
        writer.close()


def measure(folder: Path) -> Iterable[Measurement]:
    prefer_latency()  # as the processes of a silo do
    with postgres_server(folder) as server, _receiver() as receiver:
        database = connect(server.get_uri(), create=True)
        migrate_outbox(database)
        migrate_webhooks(database)
        with database.transaction():
            RequestLogEntry.create_table()
        client = AppClient(Reach(allow_private=True))
        sender = Sender(database, clock=SystemClock(), client=client, prepare=_prepare_for(receiver))
        sender.start()
        before = _wal(database)
        alone = _latencies(database, receiver)
        wal = (_wal(database) - before) / _TOLD / 1024
        _fill(database)
        at_first = _latencies(database, receiver)
        _await_known(receiver)
        beside = _latencies(database, receiver)
        client.close()
        sender.stop()
        database.close()
    yield Measurement("WAL a webhook, of all that is written", wal, "KB", "before", _WAL_BEFORE_KB)
    crowd = f"{_HANGING:,} apps hang with {_DUE:,} due"
    for when, latencies, goal in (("", beside, at_most(_GOAL)), (", first seconds", at_first, None)):
        for q in (0.5, 0.99):
            base, value = quantile(alone, q) * 1000, quantile(latencies, q) * 1000
            what = f"webhook p{q * 100:.0f}, {crowd}{when}"
            yield Measurement(what, value, "ms", "none hangs", base, goal if q > 0.5 else None)


def _wal(database: Database) -> int:
    """Bytes of WAL that the server has written."""
    with database.session():
        ((written,),) = database.rows("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")
    return int(written)


def _await_known(receiver: _Receiver) -> None:
    """Returns when every app that hangs was called once and is known for it."""
    deadline = time.monotonic() + _KNOWN_SECONDS
    while len(receiver.hanging) < _HANGING and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(SOFT_SECONDS + 1)


def _latencies(database: Database, receiver: _Receiver) -> list[float]:
    """Seconds from the commit to the call."""
    found = []
    for _ in range(_TOLD):
        _enqueue(database, [_HEALTHY])
        committed_at = time.perf_counter()
        receiver.called.acquire()
        found.append(receiver.called_at[-1] - committed_at)
        time.sleep(_SECONDS_BETWEEN)
    # The first calls open connections and plan statements.
    return found[_TOLD // 10 :]


def _enqueue(database: Database, app_ids: list[int]) -> None:
    content = webhook_content(data={"n": 1}, actor=PLATFORM)
    new = [
        NewDelivery(
            sentry_app_id=app_id,
            installation_id=app_id,
            installation_uuid=str(app_id),
            organization_id=1,
            event="issue.created",
            content=content,
        )
        for app_id in app_ids
    ]
    with database.transaction() as tx:
        enqueue_deliveries(tx, new, now=SystemClock().now())


def _fill(database: Database) -> None:
    """Writes what is due for the apps that hang, by hand: a hundred thousand one by one would take minutes."""
    with database.transaction() as tx:
        tx.database.rows(
            "INSERT INTO delivery (request_id, sentry_app_id, installation_id, organization_id, event, state, "
            "attempt_count, content_id, created_at) "
            "SELECT 'bench-' || n, ? + mod(n, ?), 1, 1, 'issue.created', 'pending', 0, "
            "(SELECT min(id) FROM delivery_content), now() FROM generate_series(1, ?) AS n",
            (_HEALTHY + 1, _HANGING, _DUE),
        )
        tx.database.rows(
            "INSERT INTO outbox (destination, category, object_id, generation, state, attempts, due_at, enqueued_at) "
            "SELECT 'app:' || sentry_app_id, 'delivery', id, 1, 'due', 0, now(), now() FROM delivery "
            "WHERE left(request_id, 6) = 'bench-'"
        )


def _prepare_for(receiver: _Receiver) -> Prepare:
    def prepare(delivery: Delivery) -> Recipient:
        path = "quick" if delivery.sentry_app_id == _HEALTHY else f"hang/{delivery.sentry_app_id}"
        url = f"http://127.0.0.1:{receiver.port}/{path}"
        return Recipient(url=url, custom_headers=(), client_secret="s", is_internal=False)

    return prepare


@contextlib.contextmanager
def _receiver() -> Iterator[_Receiver]:
    receiver, ready, over = _Receiver(), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(receiver.run(ready, over)), daemon=True)
    thread.start()
    ready.wait()
    yield receiver
    loop.call_soon_threadsafe(over.set)
    thread.join(5)
