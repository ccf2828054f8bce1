"""When an app is asked again, and what its answer means: a clock that is moved, and receivers that misbehave."""

import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime

import pytest

from shared.outbox.claim import LEASE_SECONDS
from shared.outbox.message import MessageState
from shared.webhooks.deliveries import DeliveryQuery, list_outlines, list_whole, redeliver
from shared.webhooks.delivery import DeliveryState
from shared.webhooks.schedule import JITTER, MAX_ATTEMPTS, WAITS_SECONDS
from tests.integration.outgoing.raw import drip, raw_server, say
from tests.integration.webhooks.conftest import APP_ID, HOOK, Post

Speak = Callable[[socket.socket, threading.Event], None]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 413, 422])
def test_any_other_answer_is_final(post: Post, refuse: Callable[[int], None], status: int) -> None:
    refuse(status)
    delivery_id = post.enqueue()
    post.send()
    assert (post.find(delivery_id).state, post.messages()) == (DeliveryState.DELIVERED, [])


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503, 599])
def test_an_app_that_is_in_trouble_is_asked_again_with_the_same_request_id(
    post: Post, refuse: Callable[[int], None], status: int
) -> None:
    refuse(status)
    delivery_id = post.enqueue()
    post.send()
    assert (post.find(delivery_id).state, post.send()) == (DeliveryState.PENDING, 0)
    refuse(200)
    post.clock.advance(WAITS_SECONDS[0] * (1 + JITTER))
    assert post.send() == 1
    first, second = post.receiver.requests
    assert (first.headers["request-id"], first.body) == (second.headers["request-id"], second.body)
    assert first.headers["sentry-hook-timestamp"] != second.headers["sentry-hook-timestamp"]
    assert [attempt.response_code for attempt in post.attempts(delivery_id)] == [status, 200]


def test_an_app_that_cannot_be_reached_is_asked_as_often_as_the_table_says_and_then_parked(post: Post) -> None:
    post.changes(url=f"http://127.0.0.1:{_closed_port()}/")
    delivery_id = post.enqueue()
    for wait in WAITS_SECONDS:
        assert post.send() == 1
        post.clock.advance(wait * (1 - JITTER) - 0.1)
        assert post.send() == 0
        post.clock.advance(2 * wait * JITTER + 0.1)
    assert (post.send(), post.send()) == (1, 0)
    assert (post.find(delivery_id).state, post.messages()[0].state) == (DeliveryState.PARKED, MessageState.PARKED)
    assert len(post.attempts(delivery_id)) == MAX_ATTEMPTS == 12
    assert {(each.response_code, each.error) for each in post.attempts(delivery_id)} == {
        (0, "The app cannot be reached.")
    }


def test_an_hour_of_absence_and_a_process_that_dies_lose_nothing(post: Post) -> None:
    away = post.recipients[APP_ID]
    post.changes(url=f"http://127.0.0.1:{_closed_port()}/")
    ids = [post.enqueue(data=number) for number in range(3)]
    for _ in range(60):
        post.send()
        post.clock.advance(60)
    post.recipients[APP_ID] = away
    # It dies in the middle of the calls: what it had claimed is due when its lease ends.
    held, dead = post.receiver.holds(HOOK), post.sender()
    post.clock.advance(3600 * (1 + JITTER))
    assert dead.send_due() == 1
    post.receiver.wait_for(1)
    post.clock.advance(LEASE_SECONDS + 1)
    held.set()
    assert post.send() == 3
    assert {post.find(each).state for each in ids} == {DeliveryState.DELIVERED}
    dead.wait()


@pytest.mark.parametrize("is_date", [False, True])
def test_an_app_that_asks_for_patience_gets_it(post: Post, *, is_date: bool) -> None:
    post.receiver.answers(HOOK, status=429, Retry_After=_in_ten_minutes(post) if is_date else "600")
    delivery_id = post.enqueue()
    post.send()
    # HTTP's dates have whole seconds.
    post.clock.advance(598)
    assert post.send() == 0
    post.clock.advance(3)
    assert post.send() == 1
    assert post.find(delivery_id).attempt_count == 2


def test_an_app_that_is_gone_is_never_asked_again_and_its_owner_sees_why(post: Post) -> None:
    post.receiver.answers(HOOK, status=410)
    delivery_id = post.enqueue()
    post.send()
    assert (post.find(delivery_id).state, post.messages()[0].state) == (DeliveryState.PARKED, MessageState.PARKED)
    (attempt,) = post.attempts(delivery_id)
    assert (attempt.response_code, attempt.error) == (410, None)
    assert attempt.remark == "The app answered 410: it is gone, and is not asked again."


@pytest.mark.parametrize(
    ("speak", "remark"),
    [
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), "The connection ended before the answer did."),
        (drip, "The answer did not come to its end in time."),
    ],
)
def test_a_success_whose_body_breaks_off_is_one_with_a_remark(post: Post, speak: Speak, remark: str) -> None:
    with raw_server(speak) as address:
        post.changes(url=f"http://{address}/")
        delivery_id = post.enqueue()
        post.send()
    (attempt,) = post.attempts(delivery_id)
    assert (post.find(delivery_id).state, attempt.response_code, attempt.remark) == ("delivered", 200, remark)


def test_a_refusal_whose_body_breaks_off_is_asked_again(post: Post) -> None:
    with raw_server(say(b"HTTP/1.1 503 No\r\nContent-Length: 10\r\n\r\nhalf")) as address:
        post.changes(url=f"http://{address}/")
        delivery_id = post.enqueue()
        post.send()
    (attempt,) = post.attempts(delivery_id)
    assert (post.find(delivery_id).state, attempt.response_code) == (DeliveryState.PENDING, 503)


def test_a_list_says_how_often_it_was_tried_and_when_it_is_tried_next(
    post: Post, refuse: Callable[[int], None]
) -> None:
    refuse(503)
    delivery_id = post.enqueue()
    post.send()
    with post.database.session():
        (outline,), (whole,) = list_outlines(_mine(), limit=1), list_whole(APP_ID, [delivery_id])
    due_at = post.messages()[0].due_at
    assert outline.attempt_count == whole.attempt_count == 1
    assert abs(outline.next_attempt_at.ToDatetime(tzinfo=due_at.tzinfo) - due_at).total_seconds() < 1
    refuse(200)
    redeliver(post.database, sentry_app_id=APP_ID, delivery_id=delivery_id, now=post.clock.now())
    post.send()
    with post.database.session():
        (outline,) = list_outlines(_mine(), limit=1)
    assert (outline.attempt_count, outline.HasField("next_attempt_at")) == (2, False)


def _mine() -> DeliveryQuery:
    return DeliveryQuery(sentry_app_id=APP_ID)


def _in_ten_minutes(post: Post) -> str:
    return format_datetime(post.clock.now() + timedelta(seconds=600), usegmt=True)


def _closed_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
