"""A region that answers nonsense over a real connection: it spoils what concerns it, no more, and operators see it."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

from control_silo.models.region import OrganizationReplica, RegisteredRegion
from control_silo.models.user import User
from shared.category import Category
from shared.domain.peer import CONTROL
from shared.errors import Internal
from shared.outbox.comparison import MAX_VERSIONS_AHEAD
from shared.outbox.digest import BUCKETS
from shared.outbox.message import MAX_ERROR_CHARACTERS, MessageState, OutboxMessage
from shared.outbox.status import list_destinations
from shared.pb.hybridcloud.replication.v1 import replica_pb2, replica_service_pb2_grpc
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2 as pb
from shared.rpc.server import serve
from tests.integration.test_comparing import compare
from tests.keys import keys_of
from tests.silos import Silos, fresh, running_silos

APPLIED = pb.ChangeResult(outcome=pb.ChangeResult.OUTCOME_APPLIED)
APP = replica_pb2.CATEGORY_APP

Answer = Callable[[pb.ApplyChangesRequest], Any]


class Taken(replica_service_pb2_grpc.ReplicaServiceServicer):
    """Answers in place of ``us``: it takes everything and holds nothing, unless told otherwise."""

    def __init__(self) -> None:
        self.took: set[int] = set()
        self.apply: Answer = lambda request: [APPLIED] * len(request.changes)
        self.digests: list[int] = [0] * BUCKETS
        self.list: Callable[[pb.ListVersionsRequest], pb.ListVersionsResponse] = lambda _: pb.ListVersionsResponse()
        self.greatest_id = 0

    def ApplyChanges(self, request: pb.ApplyChangesRequest, context: grpc.ServicerContext) -> pb.ApplyChangesResponse:
        results = self.apply(request)
        self.took |= {change.object_id for change in request.changes if change.category == APP}
        return pb.ApplyChangesResponse(results=results)

    def GetDigests(self, request: pb.GetDigestsRequest, context: grpc.ServicerContext) -> pb.GetDigestsResponse:
        digests = self.digests if request.category == APP else [0] * BUCKETS
        return pb.GetDigestsResponse(digests=digests, state_digests=digests, greatest_id=self.greatest_id)

    def ListVersions(self, request: pb.ListVersionsRequest, context: grpc.ServicerContext) -> pb.ListVersionsResponse:
        return self.list(request) if request.category == APP else pb.ListVersionsResponse()


@dataclass
class Stage:
    """Control, ``us`` that is taken, and ``de`` that is not; an organization in us."""

    silos: Silos
    us: Taken
    owner: OrganizationReplica
    creator: User
    published: list[int] = field(default_factory=list)

    def publish(self, count: int) -> list[int]:
        """Publishes so many apps, of which every region is told; answers their ids."""
        apps = [self.silos.create_app(fresh("kanban"), owner=self.owner, creator=self.creator) for _ in range(count)]
        for app in apps:
            self.silos.publish(app)
        return [app.id for app in apps]

    def waiting(self) -> dict[int, OutboxMessage]:
        """The messages of apps that ``us`` has not acknowledged, by app."""
        about = (OutboxMessage.destination == "us") & (OutboxMessage.category == Category.APP)
        with self.silos.control.database.session():
            return {message.object_id: message for message in OutboxMessage.select().where(about)}

    def drain(self) -> None:
        drain = self.silos.drain_to("us")
        while drain.run_once().claimed:
            pass


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    numbers = itertools.count(1)
    with running_silos(lambda: f"sqlite:///{tmp_path / str(next(numbers))}.db") as silos:
        owner = silos.create_organization("acme", region="us")
        silos.replicate()
        taken = Taken()
        servicers = [(replica_service_pb2_grpc.add_ReplicaServiceServicer_to_server, taken)]
        server = serve("127.0.0.1:0", name="us", keys=keys_of("us"), clock=silos.clock, servicers=servicers)
        with silos.control.database.transaction():
            RegisteredRegion.update(grpc_address=server.address).where(RegisteredRegion.name == "us").execute()
        yield Stage(silos, taken, owner, silos.create_user("maker@acme.example"))
        server.stop()


def spoiling(bad: int, answer: Answer) -> Answer:
    """Answers as it should, unless one app is among the changes."""

    def apply(request: pb.ApplyChangesRequest) -> Any:
        is_bad = any((change.category, change.object_id) == (APP, bad) for change in request.changes)
        return answer(request) if is_bad else [APPLIED] * len(request.changes)

    return apply


def fail(request: pb.ApplyChangesRequest) -> Any:
    raise RuntimeError("nonsense")


NONSENSE: dict[str, Answer] = {
    "nothing": lambda request: [],
    "too few": lambda request: [APPLIED] * (len(request.changes) - 1),
    "too many": lambda request: [APPLIED] * (len(request.changes) + 1),
    "a thousand too many": lambda request: [APPLIED] * (len(request.changes) + 1000),
    "no outcome": lambda request: [pb.ChangeResult()] * len(request.changes),
    "an outcome that there is not": lambda request: [pb.ChangeResult(outcome=99)] * len(request.changes),  # type: ignore[arg-type]
    "an error": fail,
}


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_an_object_for_which_nonsense_is_answered_waits_alone_and_is_shown(stage: Stage, nonsense: str) -> None:
    good, bad, also_good = stage.publish(3)
    stage.us.apply = spoiling(bad, NONSENSE[nonsense])
    stage.drain()
    assert {good, also_good} <= stage.us.took
    [message] = stage.waiting().values()
    assert (message.object_id, message.state, message.attempts) == (bad, MessageState.DUE, 0)
    assert str(message.last_error).startswith("INTERNAL: ")
    with stage.silos.control.database.session():
        [us] = [each for each in list_destinations(stage.silos.control.database) if each.destination == "us"]
    assert (us.failing, us.last_error) == (1, message.last_error)


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_what_nonsense_was_answered_for_arrives_once_sense_is(stage: Stage, nonsense: str) -> None:
    stage.publish(3)
    stage.us.apply = NONSENSE[nonsense]
    stage.drain()
    assert len(stage.waiting()) == 3
    stage.us.apply = lambda request: [APPLIED] * len(request.changes)
    stage.silos.clock.advance(600)
    stage.drain()
    assert stage.waiting() == {}


def test_a_reason_without_end_is_cut(stage: Stage) -> None:
    [bad] = stage.publish(1)
    result = pb.ChangeResult(
        outcome=pb.ChangeResult.OUTCOME_REJECTED, reason="X" * 100_000, message="\0" * 100_000, permanent=True
    )
    stage.us.apply = spoiling(bad, lambda request: [result] * len(request.changes))
    stage.drain()
    assert stage.waiting()[bad].state == MessageState.PARKED
    assert len(str(stage.waiting()[bad].last_error)) == MAX_ERROR_CHARACTERS


@pytest.mark.parametrize("digests", [[], [0], [0] * (BUCKETS - 1), [7] * (BUCKETS + 1), [7] * 100_000], ids=len)
def test_digests_of_which_there_are_too_few_or_too_many_end_the_comparison(stage: Stage, digests: list[int]) -> None:
    stage.us.digests = digests
    with pytest.raises(Internal, match="us answers"):
        compare(stage.silos, CONTROL, "us")


def page(*listed: tuple[int, int], token: str = "") -> pb.ListVersionsResponse:
    versions = [pb.ObjectVersion(object_id=object_id, version=version) for object_id, version in listed]
    return pb.ListVersionsResponse(versions=versions, next_page_token=token)


def without_end(request: pb.ListVersionsRequest) -> pb.ListVersionsResponse:
    """The next ids of the first bucket, for ever."""
    first = int(request.page_token or request.buckets[0])
    ids = range(first, first + BUCKETS * request.page_size, BUCKETS)
    return page(*((object_id, 1) for object_id in ids if object_id), token=str(ids[-1] + BUCKETS))


LISTINGS: dict[str, Callable[[pb.ListVersionsRequest], pb.ListVersionsResponse]] = {
    "the same page for ever": lambda request: page((1024, 1), token="again"),
    "empty pages for ever": lambda request: page(token="again"),
    "another page for ever": without_end,
    "an object twice": lambda request: page((5, 1), (5, 2)),
    "objects in no order": lambda request: page((9, 1), (5, 1)),
    "an object that was not asked for": lambda request: page((request.buckets[0] + 1, 1)),
}


@pytest.mark.parametrize("listing", LISTINGS)
def test_a_list_that_cannot_be_ends_the_comparison(stage: Stage, listing: str) -> None:
    stage.us.digests, stage.us.list = [0] * 3 + [7] + [0] * (BUCKETS - 4), LISTINGS[listing]
    with pytest.raises(Internal, match="us lists"):
        compare(stage.silos, CONTROL, "us")


@pytest.mark.parametrize("listed", [(0, 1), (-BUCKETS, 1), (2**62, 1)], ids=str)
def test_an_object_that_cannot_be_is_left_alone_and_the_others_are_mended(
    stage: Stage, listed: tuple[int, int]
) -> None:
    stage.us.digests = [7] * BUCKETS
    stage.us.list = lambda request: page() if request.tombstones else page(*sorted([listed, (5 * BUCKETS, 1)]))
    result = compare(stage.silos, CONTROL, "us")
    assert (result.unmended, result.mended) == ([(Category.APP, listed[0])], 1)


def test_a_version_below_all_is_outranked(stage: Stage) -> None:
    stage.us.digests = [7] * BUCKETS
    stage.us.list = lambda request: page() if request.tombstones else page((5 * BUCKETS, -1))
    assert compare(stage.silos, CONTROL, "us").mended == 1
    assert 5 * BUCKETS in stage.us.took


def test_more_than_fits_is_listed_in_parts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.outbox.comparison.MAX_LISTED", 3)

    def list_all(request: pb.ListVersionsRequest) -> pb.ListVersionsResponse:
        return page() if request.tombstones else page(*((bucket + BUCKETS, 1) for bucket in sorted(request.buckets)))

    stage.us.digests, stage.us.list = [7] * BUCKETS, list_all
    assert compare(stage.silos, CONTROL, "us").mended == BUCKETS


@pytest.mark.parametrize("version", [MAX_VERSIONS_AHEAD * 2, 2**53, 2**63 - 1])
def test_a_version_that_jumps_is_counted_and_outranked_by_nothing(stage: Stage, version: int) -> None:
    [app_id] = stage.publish(1)
    stage.drain()
    before = stage.silos.version(Category.APP, app_id)
    stage.us.digests = [7] * BUCKETS
    stage.us.list = lambda request: page() if request.tombstones else page((app_id, version))
    result = compare(stage.silos, CONTROL, "us")
    assert result.unmended == [(Category.APP, app_id)]
    assert stage.silos.version(Category.APP, app_id) == before
    with stage.silos.control.database.session():
        [us] = [each for each in list_destinations(stage.silos.control.database) if each.destination == "us"]
    assert us.comparison
    assert us.comparison.unmended == 1


@pytest.mark.parametrize("greatest", [-1, 2**53, 2**63 - 1])
def test_an_id_that_jumps_is_passed_over_by_nothing(stage: Stage, greatest: int) -> None:
    [before] = stage.publish(1)
    stage.us.greatest_id = greatest
    compare(stage.silos, CONTROL, "us")
    [after] = stage.publish(1)
    assert after == before + 1


def test_another_region_is_delayed_by_none_of_it(stage: Stage) -> None:
    stage.us.apply = fail
    ids = stage.publish(3)
    stage.drain()
    drain = stage.silos.drain_to("de")
    while drain.run_once().claimed:
        pass
    with stage.silos.database("de").session():
        held = stage.silos.database("de").rows("SELECT id FROM app_replica WHERE NOT tombstone ORDER BY id")
    assert [each for (each,) in held] == sorted(ids)
