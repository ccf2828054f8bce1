"""The log of calls to apps: its bounds, and ``AppRequestService`` over its channel."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf import struct_pb2

from shared.domain.request_record import RequestRecord
from shared.errors import FieldMissing, InvalidInput
from shared.pb.hybridcloud.requests.v1 import app_request_pb2, app_request_service_pb2_grpc
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2 as pb
from shared.request_log import RequestLogEntry, SiloRequestLog
from tests.integration.region.apps.world import World


def record(world: World, *, code: int = 200, event: str = "issue.created", **fields: Any) -> RequestRecord:
    fields = {"sentry_app_id": world.app.id, "sent_at": world.silos.clock.now(), "webhook_url": "https://a"} | fields
    return RequestRecord(event=event, response_code=code, **fields)


def keep(world: World, records: Sequence[RequestRecord]) -> None:
    SiloRequestLog(world.region.database, world.region.clock).record(records)


def ask(world: World, **fields: Any) -> pb.GetBufferRequestsForCellResponse:
    stub = app_request_service_pb2_grpc.AppRequestServiceStub(world.silos.channel("us"))
    request = {"sentry_app_id": world.app.id, "cell_name": "us"} | fields
    return stub.GetBufferRequestsForCell(pb.GetBufferRequestsForCellRequest(**request))


def of(event: Any, *, errors_only: bool = False) -> app_request_pb2.RequestFilter:
    value = struct_pb2.Value()
    if isinstance(event, list):
        value.list_value.SetInParent()
        value.list_value.extend(event)
    elif event is not None:
        value.string_value = event
    return app_request_pb2.RequestFilter(event=None if event is None else value, errors_only=errors_only)


def count(world: World) -> int:
    with world.region.database.session():
        return int(RequestLogEntry.select().where(RequestLogEntry.sentry_app_id == world.app.id).count())


def test_the_newest_hundred_of_an_event_are_kept(world: World) -> None:
    for start in range(0, 150, 50):
        world.silos.clock.advance(1)
        keep(world, [record(world, code=200 + number % 50) for number in range(start, start + 50)])
    assert count(world) == 100
    keep(world, [record(world, event="comment.created")])
    assert count(world) == 101


def test_errors_outlive_any_number_of_successes(world: World) -> None:
    keep(world, [record(world, code=500)])
    keep(world, [record(world) for _ in range(120)])
    assert [each.response_code for each in ask(world, filter=of(None, errors_only=True)).requests] == [500]


def test_a_month_later_nothing_is_shown_or_left(world: World) -> None:
    keep(world, [record(world)])
    world.silos.clock.advance(timedelta(days=30, seconds=1).total_seconds())
    assert list(ask(world).requests) == []
    for _ in range(2):  # each write clears away a bounded number, of every app
        keep(world, [record(world, event="comment.created")])
    assert count(world) == 2


def test_what_was_called_is_answered_newest_first(world: World) -> None:
    for event in ("issue.created", "comment.created", "issue.resolved"):
        world.silos.clock.advance(1)
        keep(world, [record(world, event=event)])
    answer = ask(world)
    assert answer.sentry_app_known
    assert [each.event_type for each in answer.requests] == ["issue.resolved", "comment.created", "issue.created"]


@pytest.mark.parametrize(
    ("event", "events"),
    [
        ("issue.created", ["issue.created"]),
        (["comment.created", "none", "a\x00"], ["comment.created"]),
        ([], []),
        (None, ["comment.created", "issue.created"]),
    ],
)
def test_a_filter_names_one_event_or_several(world: World, event: Any, events: list[str]) -> None:
    keep(world, [record(world), record(world, event="comment.created")])
    assert sorted(each.event_type for each in ask(world, filter=of(event)).requests) == events


def test_an_entry_holds_what_the_log_knows_and_no_more(world: World) -> None:
    failure: dict[str, Any] = {"request_headers": {"Request-ID": "1"}, "request_body": "{}", "response_body": "no"}
    keep(world, [record(world, code=400, organization_id=3, error_id="e", project_id=4, **failure)])
    (full,) = ask(world).requests
    assert (full.organization_id, full.error_id, full.project_id) == (3, "e", 4)
    assert (dict(full.request_headers), full.request_body, full.response_body) == ({"Request-ID": "1"}, "{}", "no")
    keep(world, [record(world, event="comment.created")])
    (bare,) = ask(world, filter=of("comment.created")).requests
    absent = ("organization_id", "error_id", "project_id", "request_body", "response_body")
    assert not any(bare.HasField(name) for name in absent)


def test_a_call_to_an_app_whose_replica_has_not_arrived_is_answered(world: World) -> None:
    app = world.create_app()
    keep(world, [record(world, sentry_app_id=app.id)])
    answer = ask(world, sentry_app_id=app.id)
    assert (answer.sentry_app_known, len(answer.requests)) == (True, 1)


def test_an_app_that_is_not_known_here_is_said_to_be_unknown(world: World) -> None:
    answer = ask(world, sentry_app_id=2**40)
    assert (answer.sentry_app_known, list(answer.requests)) == (False, [])


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"cell_name": "de"}, InvalidInput),
        ({"cell_name": ""}, FieldMissing),
        ({"sentry_app_id": 0}, FieldMissing),
        ({"filter": {"event": {"number_value": 1}}}, InvalidInput),
        ({"filter": {"event": {"list_value": {"values": [{"bool_value": True}]}}}}, InvalidInput),
    ],
)
def test_a_question_that_is_none_is_refused(world: World, fields: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(world, **fields)
