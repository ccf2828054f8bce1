"""What is sent as bytes is what the contract says."""

import pytest

from shared.category import Category, number_of
from shared.outbox.wire import request_body, sent_change
from shared.pb.hybridcloud.replication.v1 import replica_pb2
from shared.pb.hybridcloud.replication.v1.replica_service_pb2 import ApplyChangesRequest


@pytest.mark.parametrize("category", Category)
def test_a_state_of_each_category_arrives_as_it_is(category: Category) -> None:
    change = replica_pb2.Change(category=number_of(category), object_id=2**40, version=3, schema=1)
    getattr(change, category).SetInParent()
    sent = sent_change(category, 2**40, version=3, schema=1, state=b"")
    assert replica_pb2.Change.FromString(sent.SerializeToString()) == change


def test_no_state_is_a_tombstone() -> None:
    sent = sent_change(Category.APP, 7, version=3, schema=1, state=None)
    assert replica_pb2.Change.FromString(sent.SerializeToString()).WhichOneof("state") is None


@pytest.mark.parametrize("length", [0, 1, 127, 128, 20_000, 3_000_000])
def test_a_request_has_each_change_whatever_its_length(length: int) -> None:
    app = replica_pb2.AppState(sentry_app={"name": "x" * length}).SerializeToString()
    bodies = [sent_change(Category.APP, n, version=1, schema=1, state=app).SerializeToString() for n in (1, 2)]
    read = ApplyChangesRequest.FromString(request_body(bodies))
    assert [(each.object_id, len(each.app.sentry_app.name)) for each in read.changes] == [(1, length), (2, length)]
