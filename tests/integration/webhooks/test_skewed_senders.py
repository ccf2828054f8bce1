"""Two senders whose machines' clocks differ: what is due, and whose it is, goes by the database's clock alone."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.clock import FrozenClock
from shared.outbox.claim import LEASE_SECONDS
from shared.webhooks.delivery import DeliveryState
from shared.webhooks.schedule import JITTER, WAITS_SECONDS
from tests.integration.webhooks.conftest import HOOK, Post

SKEWS = pytest.mark.parametrize("skew_seconds", [-60, -40, 40, 60])


def skewed(post: Post, skew_seconds: float) -> Post:
    """The same deliveries on a machine whose clock is that far ahead."""
    return replace(post, clock=FrozenClock(post.clock.now() + timedelta(seconds=skew_seconds)))


@SKEWS
def test_a_call_under_way_is_not_made_by_a_sender_with_another_clock(post: Post, skew_seconds: float) -> None:
    here, there = post.sender(), skewed(post, skew_seconds).sender()
    delivery_id, hold = post.enqueue(), post.receiver.holds(HOOK)
    here.send_due()
    post.receiver.wait_for(1)
    post.clock.advance(LEASE_SECONDS - 1)
    assert there.send_due() == 0
    hold.set()
    here.wait()
    here.settle_ended()
    assert (there.send_due(), len(post.receiver.requests)) == (0, 1)
    assert post.find(delivery_id).state == DeliveryState.DELIVERED


@SKEWS
def test_a_retry_is_made_once_and_not_before_its_time(
    post: Post, refuse: Callable[[int], None], skew_seconds: float
) -> None:
    refuse(503)
    post.enqueue()
    assert post.send() == 1
    here, there = post.sender(), skewed(post, skew_seconds).sender()
    post.clock.advance(WAITS_SECONDS[0] * (1 - JITTER) - 0.1)
    assert (there.send_due(), here.send_due()) == (0, 0)
    post.clock.advance(WAITS_SECONDS[0] * 2 * JITTER + 0.2)
    assert there.send_due() + here.send_due() == 1
    for sender in (here, there):
        sender.wait()
    assert len(post.receiver.requests) == 2


@SKEWS
def test_two_senders_with_different_clocks_never_send_one_delivery_twice(post: Post, skew_seconds: float) -> None:
    ids = [post.enqueue(data=number) for number in range(16)]
    threads = [threading.Thread(target=each.send) for each in (post, skewed(post, skew_seconds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(request.json["data"]["n"] for request in post.receiver.requests) == list(range(len(ids)))
