"""Delivering: how much is read at once, and what is sent in one call."""

from collections.abc import Iterator, Sequence
from itertools import count

import grpc
import pytest

from shared.category import Category
from shared.database.database import Database
from shared.outbox import deliver
from shared.outbox.claim import claim
from shared.outbox.deliver import ReplicaDestination
from shared.outbox.wire import SentChange
from shared.pb.hybridcloud.replication.v1 import replica_pb2
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2 as pb
from shared.pb.hybridcloud.replication.v1.replica_service_pb2_grpc import (
    ReplicaServiceServicer,
    add_ReplicaServiceServicer_to_server,
)
from shared.rpc.inprocess import InProcessChannel, InProcessServer
from tests.integration.outbox.conftest import Box

_numbers = count()


class Taking(ReplicaServiceServicer):
    """Takes everything; remembers what came in each call."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    def ApplyChanges(self, request: pb.ApplyChangesRequest, context: grpc.ServicerContext) -> pb.ApplyChangesResponse:
        self.calls.append([change.object_id for change in request.changes])
        applied = pb.ChangeResult(outcome=pb.ChangeResult.OUTCOME_APPLIED)
        return pb.ApplyChangesResponse(results=[applied] * len(request.changes))

    def GetDigests(self, request: pb.GetDigestsRequest, context: grpc.ServicerContext) -> pb.GetDigestsResponse:
        raise NotImplementedError

    def ListVersions(self, request: pb.ListVersionsRequest, context: grpc.ServicerContext) -> pb.ListVersionsResponse:
        raise NotImplementedError


class Owner:
    """Has states of 100 bytes and a little; remembers how many were asked for at once."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def load(self, category: Category, object_ids: Sequence[int], *, destination: str) -> list[SentChange]:
        self.asked.append(len(object_ids))
        state = replica_pb2.AppState(sentry_app={"name": "x" * 100}).SerializeToString()
        return [SentChange(category, each, 1, 1, state) for each in object_ids]


@pytest.fixture
def taking() -> Taking:
    return Taking()


@pytest.fixture
def channel(taking: Taking) -> Iterator[grpc.Channel]:
    server = InProcessServer(f"taking-{next(_numbers)}")
    add_ReplicaServiceServicer_to_server(taking, server)
    server.start()
    with InProcessChannel(server.name) as channel:
        yield channel
    server.stop(None).wait()


def sent(database: Database, channel: grpc.Channel) -> Owner:
    owner = Owner()
    destination = ReplicaDestination(database, "us", lambda: channel, owner.load)
    assert destination.deliver(claim(database, "us", limit=100)) == [None] * 5
    return owner


def test_large_states_are_read_few_at_a_time(
    box: Box, channel: grpc.Channel, taking: Taking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "FIRST_READ", 2)
    monkeypatch.setattr(deliver, "MAX_READ_BYTES", 200)
    box.enqueue(1, 2, 3, 4, 5)
    assert sent(box.database, channel).asked == [2, 1, 1, 1]
    assert taking.calls == [[1, 2, 3, 4, 5]]


def test_a_call_carries_no_more_than_its_limit(
    box: Box, channel: grpc.Channel, taking: Taking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "MAX_BATCH_BYTES", 350)
    box.enqueue(1, 2, 3, 4, 5)
    assert sent(box.database, channel).asked == [5]
    assert taking.calls == [[1, 2], [3, 4], [5]]
