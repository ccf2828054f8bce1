"""Comparing is slower than live traffic, and gives way to it."""

import threading
from collections.abc import Callable

import grpc
import pytest

import region_silo.bootstrap
from control_silo.models.app import SentryApp
from control_silo.replication.kinds import KINDS
from region_silo.models.replica import AppReplica
from shared.category import Category
from shared.domain.peer import CONTROL
from shared.outbox.comparison import SHARE, Interrupted, Round
from shared.outbox.difference import Sort
from shared.outbox.enqueue import enqueue
from shared.outbox.message import OutboxMessage
from shared.outbox.replica_servicer import ReplicaServicer
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2
from tests.integration.test_comparing import comparing
from tests.silos import Silos, fresh


@pytest.fixture
def damaged(silos: Silos) -> SentryApp:
    """An app that ``us`` has lost, though no message tells of it."""
    name = fresh("kanban")
    owner, creator = silos.create_organization(name, region="us"), silos.create_user(f"maker@{name}.example")
    app = silos.create_app(name, owner=owner, creator=creator)
    silos.replicate()
    with silos.database("us").transaction():
        AppReplica.delete().where(AppReplica.id == app.id).execute()
    return app


def be_busy(silos: Silos) -> None:
    """Something else is due to ``us``, of which there never was an edition."""
    with silos.control.database.transaction() as tx:
        enqueue(tx, Category.TOKEN, [999_999], destinations=["us"])


def compare(silos: Silos, pause: Callable[[float], bool]) -> Round:
    return comparing(silos, CONTROL, "us").run_once(pause=pause)


def deliver(silos: Silos) -> bool:
    silos.replicate()
    return False


def due(silos: Silos) -> set[str]:
    with silos.control.database.session():
        return {each.category for each in OutboxMessage.select()}


def test_while_the_lane_is_busy_the_comparison_waits_and_then_it_finishes(silos: Silos, damaged: SentryApp) -> None:
    be_busy(silos)
    waits: list[float] = []

    def pause(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) < 50:
            assert due(silos) == {"token"}  # nothing was mended beside it
        else:
            silos.replicate()
        return False

    assert compare(silos, pause).found == {Sort.MISSING: 1}
    silos.replicate()
    with silos.database("us").session():
        assert not AppReplica.get_by_id(damaged.id).tombstone


def test_what_is_due_for_ever_is_waited_for_until_the_worker_stops(silos: Silos, damaged: SentryApp) -> None:
    be_busy(silos)
    left = iter([False] * 100)
    with pytest.raises(Interrupted):
        compare(silos, lambda seconds: next(left, True))
    assert due(silos) == {"token"}
    silos.replicate()
    compare(silos, lambda seconds: deliver(silos))
    silos.replicate()


class SlowServicer(ReplicaServicer):
    """A silo that takes a while to answer."""

    SECONDS = 0.05

    def GetDigests(
        self, request: replica_service_pb2.GetDigestsRequest, context: grpc.ServicerContext
    ) -> replica_service_pb2.GetDigestsResponse:
        threading.Event().wait(self.SECONDS)
        return super().GetDigests(request, context)


def test_looking_takes_a_quarter_of_the_time_at_most(silos: Silos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(region_silo.bootstrap, "ReplicaServicer", SlowServicer)
    silos.stop("us")
    silos.start("us")
    waits: list[float] = []

    def pause(seconds: float) -> bool:
        waits.append(seconds)
        return False

    compare(silos, pause)
    assert SHARE == 0.25
    assert sum(waits) >= 3 * SlowServicer.SECONDS * len(KINDS.owned)
    monkeypatch.undo()
    silos.stop("us")
    silos.start("us")
