"""First attempts of one installation and issue are made one after the other; a body is kept once."""

from collections.abc import Callable

import pytest

from shared.outbox.message import Rejection
from shared.webhooks.clearing import EXPIRY_DAYS
from shared.webhooks.delivery import DeliveryContent, DeliveryState
from shared.webhooks.order import HELD_BACK_SECONDS
from tests.integration.webhooks.conftest import APP_ID, HOOK, Post

OTHER_APP = 8


def send_all(post: Post) -> list[int]:
    """Sends until nothing is due; answers what the receiver was told, in order."""
    sender = post.sender()
    while sender.send_due():
        sender.wait()
        sender.settle_ended()
    return [request.json["data"]["n"] for request in post.receiver.requests]


def test_webhooks_of_one_issue_arrive_as_they_were_written(post: Post) -> None:
    for number in range(20):
        post.happens(data=number)
    assert send_all(post) == list(range(20))
    assert post.messages() == []


def test_the_next_waits_while_the_one_before_it_is_under_way_whoever_sends(post: Post) -> None:
    post.happens(data=0), post.happens(data=1), post.happens(data=2)
    held, first = post.receiver.holds(HOOK), post.sender()
    first.send_due()
    post.receiver.wait_for(1)
    other = post.sender()
    other.send_due()
    other.wait()
    assert len(post.receiver.requests) == 1
    held.set()
    first.wait()
    first.settle_ended()
    assert send_all(post) == [0, 1, 2]


def test_webhooks_of_other_issues_and_installations_and_of_none_wait_for_nobody(post: Post) -> None:
    post.recipients[OTHER_APP] = post.recipients[APP_ID]
    sender = post.sender()
    post.happens(APP_ID, OTHER_APP)
    sender.send_due()
    sender.wait()
    sender.settle_ended()
    held = post.receiver.holds(HOOK)
    post.happens(issue_id=1), post.happens(issue_id=2), post.happens(OTHER_APP, issue_id=1)
    post.happens(issue_id=None), post.happens(issue_id=None)
    sender.send_due()
    post.receiver.wait_for(2 + 5)
    assert len(post.receiver.requests) == 2 + 5  # while none of the five was answered
    held.set()
    sender.wait()


def test_a_refused_first_attempt_lets_the_next_go_and_is_tried_again_later(
    post: Post, refuse: Callable[[int], None]
) -> None:
    refuse(503)
    (first,), (second,) = post.happens(data=0), post.happens(data=1)
    assert send_all(post) == [0, 1]
    assert (post.find(first).attempt_count, post.find(second).attempt_count) == (1, 1)


def test_one_that_is_parked_without_a_call_holds_nobody_back(post: Post) -> None:
    recipient = post.recipients[APP_ID]
    post.recipients[APP_ID] = Rejection("APP_NOT_FOUND", "It is gone.", permanent=True)
    (gone,) = post.happens(data=0)
    post.send()
    post.recipients[APP_ID] = recipient
    post.happens(data=1)
    assert (send_all(post), post.find(gone).state) == ([1], DeliveryState.PARKED)


def test_one_that_nobody_calls_goes_by_itself(post: Post) -> None:
    """The process died between the end of the one before it and the call."""
    (first,), (second,) = post.happens(data=0), post.happens(data=1)
    held, dead = post.receiver.holds(HOOK), post.sender()
    dead.send_due()
    post.sender().send_due()
    held.set()
    dead.wait()
    with post.database.transaction() as tx:
        tx.database.rows("UPDATE delivery SET attempt_count = 1, state = 'delivered' WHERE id = ?", (first,))
        tx.database.rows("DELETE FROM outbox WHERE object_id = ?", (first,))
    assert post.sender().send_due() == 0
    post.clock.advance(HELD_BACK_SECONDS)
    assert send_all(post) == [0, 1]
    assert post.find(second).state == DeliveryState.DELIVERED


@pytest.mark.usefixtures("clears_always")
def test_what_many_are_told_is_kept_once_and_as_long_as_any_of_them_is(post: Post) -> None:
    post.recipients[OTHER_APP] = post.recipients[APP_ID]
    post.happens(APP_ID, OTHER_APP, data="x" * 1_000_000)
    assert contents(post) == 1
    send_all(post)
    uuids = {request.json["installation"]["uuid"] for request in post.receiver.requests}
    assert uuids == {f"uuid-{APP_ID}", f"uuid-{OTHER_APP}"}
    post.clock.advance((EXPIRY_DAYS + 1) * 86400.0)
    post.enqueue()
    post.send()
    assert contents(post) == 0


def contents(post: Post) -> int:
    with post.database.session():
        return int(DeliveryContent.select().count())
