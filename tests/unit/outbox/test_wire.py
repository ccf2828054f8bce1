"""What is sent as bytes is what the contract says."""

import pytest

from shared.category import Category, number_of
from shared.outbox.wire import SentChange, request_body
from shared.pb.hybridcloud.replication.v1 import replica_pb2
from shared.pb.hybridcloud.replication.v1.replica_service_pb2 import ApplyChangesRequest


def read(*changes: SentChange) -> ApplyChangesRequest:
    return ApplyChangesRequest.FromString(request_body(changes))


@pytest.mark.parametrize("category", Category)
def test_a_state_of_each_category_arrives_as_it_is(category: Category) -> None:
    change = replica_pb2.Change(category=number_of(category), object_id=2**40, version=3, schema=1)
    getattr(change, category).SetInParent()
    assert list(read(SentChange(category, 2**40, 3, 1, b"")).changes) == [change]


def test_no_state_is_a_tombstone() -> None:
    [change] = read(SentChange(Category.APP, 7, 3, 1, None)).changes
    assert change.WhichOneof("state") is None


@pytest.mark.parametrize("length", [0, 1, 127, 128, 20_000, 3_000_000])
def test_a_request_has_each_change_whatever_its_length(length: int) -> None:
    app = replica_pb2.AppState(sentry_app={"name": "x" * length}).SerializeToString()
    changes = read(*(SentChange(Category.APP, number, 1, 1, app) for number in (1, 2))).changes
    assert [(each.object_id, len(each.app.sentry_app.name)) for each in changes] == [(1, length), (2, length)]
