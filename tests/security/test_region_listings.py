"""Who took a region says, without end, that it holds something: control is busy with that for a while, and goes on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from control_silo.replication.kinds import KINDS
from shared.category import Category
from shared.errors import Internal
from shared.outbox.claim import claim
from shared.outbox.comparison import Comparison, Round
from shared.outbox.deliver import MAX_MESSAGE_LENGTH, MAX_REASON_LENGTH, ReplicaDestination
from shared.outbox.digest import BUCKETS
from shared.outbox.edition import Edition
from shared.outbox.listing import list_versions
from shared.outbox.message import OutboxMessage
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2 as pb
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2_grpc
from shared.rpc.inprocess import InProcessChannel, InProcessServer
from tests.silos import Silos, fresh, running_silos

FOR_EVER = float("inf")


@pytest.fixture
def silos(new_database_url: Any) -> Iterator[Silos]:
    with running_silos(new_database_url) as silos:
        yield silos


@dataclass
class Taken(replica_service_pb2_grpc.ReplicaServiceServicer):
    """Whoever took de; says to hold so many apps that nobody made."""

    apps: int = 0
    asked: list[pb.ListVersionsRequest] = field(default_factory=list)

    def GetDigests(self, request: pb.GetDigestsRequest, context: Any = None, **_: Any) -> pb.GetDigestsResponse:
        return pb.GetDigestsResponse(digests=[] if request.ids_only else [7] * BUCKETS)

    def ListVersions(self, request: pb.ListVersionsRequest, context: Any = None, **_: Any) -> pb.ListVersionsResponse:
        self.asked.append(request)
        first = int(request.page_token or 1)
        held = range(first, min(first + request.page_size, self.apps + 1))
        in_buckets = [each for each in held if each % BUCKETS in request.buckets] if request.category == 1 else []
        token = str(held.stop) if in_buckets and held.stop <= self.apps else ""
        versions = [pb.ObjectVersion(object_id=each, version=1, checksum=b"x") for each in in_buckets]
        return pb.ListVersionsResponse(versions=versions, next_page_token=token)

    def ApplyChanges(self, request: pb.ApplyChangesRequest, context: Any) -> pb.ApplyChangesResponse:
        rejected = pb.ChangeResult(
            outcome=pb.ChangeResult.OUTCOME_REJECTED, reason="R" * 10_000, message="m" * 100_000, permanent=True
        )
        return pb.ApplyChangesResponse(results=[rejected] * len(request.changes))


def compare(silos: Silos, taken: Taken) -> Round:
    stub: Any = taken

    def deliver(seconds: float) -> bool:
        with silos.control.database.transaction():
            OutboxMessage.delete().execute()
        return False

    return Comparison(silos.control.database, KINDS, "de", stub, pause=deliver, ends_at=FOR_EVER).run()


def test_a_region_that_says_to_hold_more_than_there_can_be_is_not_believed(
    silos: Silos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.outbox.comparison.MAX_LISTED", 50)
    monkeypatch.setattr("shared.outbox.comparison._PAGE_SIZE", 20_000)
    taken = Taken(apps=100 * BUCKETS)
    with pytest.raises(Internal):
        compare(silos, taken)
    assert len(taken.asked) < 20


def test_what_nobody_made_is_buried_in_bounded_number(silos: Silos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.outbox.comparison.MAX_ADOPTED", 3)
    result = compare(silos, Taken(apps=10))
    assert (result.mended, len(result.unmended)) == (3, 7)
    with silos.control.database.session():
        assert Edition.select().where(Edition.category == Category.APP).count() == 3


@dataclass(frozen=True)
class Saying:
    """Whoever took de, and says the same again and again."""

    page: pb.ListVersionsResponse

    def ListVersions(self, request: pb.ListVersionsRequest, timeout: float) -> pb.ListVersionsResponse:
        return self.page


def held(object_id: int, *, checksum: bytes = b"") -> pb.ObjectVersion:
    return pb.ObjectVersion(object_id=object_id, version=1, checksum=checksum)


@pytest.mark.parametrize(
    "page",
    [
        pb.ListVersionsResponse(versions=[held(1), held(1025), held(2049)]),
        pb.ListVersionsResponse(versions=[held(1, checksum=b"x" * 65)]),
    ],
    ids=["page", "checksum"],
)
def test_a_page_that_is_larger_than_was_asked_for_is_not_believed(page: pb.ListVersionsResponse) -> None:
    stub: Any = Saying(page)
    with pytest.raises(Internal):
        list_versions(stub, pb.ListVersionsRequest(page_size=2, buckets=[1]), silo="de")


def test_of_what_a_region_rejects_little_is_kept(silos: Silos) -> None:
    silos.create_app(
        "kanban", owner=silos.create_organization("globex", region="de"), creator=silos.create_user("a@b.c")
    )
    server = InProcessServer(fresh("taken"))
    replica_service_pb2_grpc.add_ReplicaServiceServicer_to_server(Taken(), server)
    server.start()
    destination = ReplicaDestination(silos.control.database, "de", lambda: InProcessChannel(server.name))
    rejection, *_ = destination.deliver(claim(silos.control.database, "de", limit=10))
    server.stop(0)
    assert rejection is not None
    assert (len(rejection.reason), len(rejection.message)) == (MAX_REASON_LENGTH, MAX_MESSAGE_LENGTH)
