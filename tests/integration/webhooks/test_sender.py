import json
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.signature import sign
from shared.outbox.claim import LEASE_SECONDS
from shared.outbox.message import MessageState, OutboxMessage, Rejection
from shared.webhooks.attempt import Recipient
from shared.webhooks.clearing import EXPIRY_DAYS
from shared.webhooks.deliveries import redeliver
from shared.webhooks.delivery import Delivery, DeliveryState
from shared.webhooks.ended import MAX_KEPT_CHARACTERS, MAX_KEPT_HEADER_CHARACTERS
from shared.webhooks.enqueue import NewDelivery, enqueue_deliveries
from shared.webhooks.schedule import JITTER, WAITS_SECONDS
from tests.integration.webhooks.conftest import APP_ID, HOOK, Post


def test_a_webhook_arrives_with_its_headers_and_both_signatures(post: Post) -> None:
    delivery = post.find(post.enqueue(data="é 😀 1"))
    assert post.send() == 1
    (request,) = post.receiver.requests
    assert (request.method, request.json["action"]) == ("POST", "created")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["request-id"] == delivery.request_id
    assert request.headers["sentry-hook-resource"] == "installation"
    assert request.headers["sentry-hook-timestamp"] == str(int(post.clock.now().timestamp()))
    assert request.headers["sentry-hook-signature"] == sign(request.body, secret=post.receiver.secret)
    javascript = json.dumps(request.json, separators=(",", ":"), ensure_ascii=False)
    assert request.headers["sentry-app-signature"] == sign(javascript.encode(), secret=post.receiver.secret)


def test_an_answered_delivery_is_done_and_leaves_nothing_in_the_outbox(post: Post) -> None:
    delivery_id = post.enqueue()
    post.send()
    assert (post.find(delivery_id).state, post.messages()) == (DeliveryState.DELIVERED, [])
    assert [attempt.response_code for attempt in post.attempts(delivery_id)] == [200]
    assert post.send() == 0


def test_an_apps_owner_is_told_what_is_wrong_with_its_tls(post: Post) -> None:
    post.changes(url=post.receiver.url.replace("http:", "https:") + HOOK)
    delivery_id = post.enqueue()
    post.send()
    (attempt,) = post.attempts(delivery_id)
    assert attempt.error == "The app cannot be reached: it does not speak TLS as we do."


def test_an_address_that_may_not_be_called_is_parked_at_once(post: Post) -> None:
    post.changes(url="http://169.254.169.254/latest/")
    delivery_id = post.enqueue()
    post.send()
    assert post.find(delivery_id).state == DeliveryState.PARKED
    assert post.logged() == []


def test_a_recipient_that_is_gone_is_parked_without_a_call(post: Post) -> None:
    post.recipients[APP_ID] = Rejection("APP_NOT_FOUND", "It is gone.", permanent=True)
    delivery_id = post.enqueue()
    assert (post.send(), post.find(delivery_id).state) == (0, DeliveryState.PARKED)
    assert post.messages()[0].last_error == "APP_NOT_FOUND: It is gone."


def test_an_app_without_its_secret_is_told_with_the_signatures_made_beforehand(post: Post) -> None:
    post.changes(client_secret=None)
    post.enqueue()
    post.send()
    assert post.receiver.requests[0].is_signed("a secret that is gone")


def test_custom_headers_are_sent_beneath_the_platforms_own_and_kept_nowhere(post: Post) -> None:
    post.changes(custom_headers=("X-Key: s3cret", "request-id: mine"))
    delivery_id = post.enqueue()
    post.send()
    headers = post.receiver.requests[0].headers
    assert (headers["x-key"], headers["request-id"]) == ("s3cret", post.find(delivery_id).request_id)
    assert "X-Key" not in post.attempts(delivery_id)[0].request_headers


def test_each_attempt_is_in_the_request_log(post: Post, refuse: Callable[[int], None]) -> None:
    refuse(503)
    post.enqueue()
    post.send()
    (entry,) = post.logged()
    assert (entry.event, entry.response_code, entry.is_error) == ("installation.created", 503, True)
    assert (entry.response_body, entry.organization_id) == ('{"why": "not now"}', 1)


def test_a_delivery_of_a_dead_sender_is_sent_by_another_after_the_lease(post: Post) -> None:
    delivery_id = post.enqueue()
    hold = post.receiver.holds(HOOK)
    dead = post.sender()
    dead.send_due()
    post.receiver.wait_for(1)
    assert post.sender().send_due() == 0
    post.clock.advance(LEASE_SECONDS + 1)
    hold.set()
    assert post.send() == 1
    assert post.find(delivery_id).state == DeliveryState.DELIVERED
    dead.wait()


def test_an_app_that_hangs_keeps_nobody_waiting(post: Post) -> None:
    held, quick = post.receiver.holds(HOOK), 8
    post.receiver.answers("/other")
    recipient = post.recipients[APP_ID]
    assert isinstance(recipient, Recipient)
    post.recipients[quick] = replace(recipient, url=f"{post.receiver.url}/other")
    for _ in range(3):
        post.enqueue(), post.enqueue(app_id=quick)
    sender = post.sender()
    while len(post.receiver.requests) < 4:
        sender.send_due()
        sender.settle_ended()
    paths = [request.path for request in post.receiver.requests]
    assert (paths.count(HOOK), paths.count("/other")) == (1, 3)
    held.set()
    sender.wait()


def test_a_call_that_hangs_is_set_apart_and_another_is_not_begun(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.webhooks.places.SOFT_SECONDS", 0.0)
    sender, held = post.sender(), post.receiver.holds(HOOK)
    post.enqueue(), post.enqueue()
    assert (sender.send_due(), sender.send_due()) == (1, 0)
    held.set()
    sender.wait()
    assert (sender.settle_ended(), sender.send_due()) == (1, 1)
    sender.wait()


def test_a_running_sender_wakes_on_commit_and_gives_back_what_it_could_not_finish(post: Post) -> None:
    sender = post.sender()
    sender.start()
    post.enqueue()
    post.receiver.wait_for(1)
    hold = post.receiver.holds(HOOK)
    held = post.enqueue()
    post.receiver.wait_for(2)
    post.client.close()
    sender.stop()
    assert (post.find(held).state, post.messages()[0].attempts) == (DeliveryState.PENDING, 0)
    assert post.messages()[0].due_at <= post.clock.now()
    hold.set()


def test_two_senders_never_send_one_delivery_twice(post: Post) -> None:
    ids = [post.enqueue(data=number) for number in range(16)]
    threads = [threading.Thread(target=post.send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(request.json["data"]["n"] for request in post.receiver.requests) == list(range(len(ids)))


def test_a_delivery_that_cannot_be_prepared_delays_no_other_and_is_parked_in_the_end(post: Post) -> None:
    poisoned, sound = post.enqueue(), post.enqueue()
    post.poisoned.add(poisoned)
    assert post.send() == 1
    assert (post.find(poisoned).state, post.find(sound).state) == (DeliveryState.PENDING, DeliveryState.DELIVERED)
    for wait in WAITS_SECONDS:
        post.clock.advance(wait * (1 + JITTER))
        post.send()
    assert (post.find(poisoned).state, post.messages()[0].state) == (DeliveryState.PARKED, MessageState.PARKED)
    assert post.messages()[0].last_error == "INTERNAL: Preparing failed with KeyError."


def test_a_call_that_fails_as_none_should_is_judged_and_not_lost(post: Post) -> None:
    """No header beyond latin-1 passes what an app may set; here one has slipped through."""
    broken, sound = post.enqueue(event="installation.\N{SNOWMAN}"), post.enqueue()
    with post.database.transaction():
        Delivery.update(request_id="\N{SNOWMAN}").where(Delivery.id == broken).execute()
    post.send()
    assert (post.find(broken).state, post.find(sound).state) == (DeliveryState.PENDING, DeliveryState.DELIVERED)
    assert post.messages()[0].attempts == 1


def test_a_redelivery_that_is_asked_for_during_the_call_is_sent_after_it(post: Post) -> None:
    delivery_id = post.enqueue()
    held, sender = post.receiver.holds(HOOK), post.sender()
    sender.send_due()
    post.receiver.wait_for(1)
    redeliver(post.database, sentry_app_id=APP_ID, delivery_id=delivery_id, now=post.clock.now())
    held.set()
    sender.wait()
    sender.settle_ended()
    assert post.send() == 1
    assert len(post.attempts(delivery_id)) == 2


@pytest.mark.usefixtures("clears_always")
def test_a_parked_delivery_that_is_cleared_away_leaves_nothing_in_the_outbox(post: Post) -> None:
    post.changes(url="http://169.254.169.254/latest/")
    post.enqueue()
    post.send()
    assert [message.state for message in post.messages()] == [MessageState.PARKED]
    post.clock.advance((EXPIRY_DAYS + 1) * 86400.0)
    post.enqueue()
    post.send()
    assert [message.state for message in post.messages()] == [MessageState.PARKED]


def test_as_much_of_an_answer_is_kept_as_there_is_room_for(post: Post) -> None:
    post.receiver.answers(HOOK, body=b"x" * 10_000, X_Huge="y" * 5000, X_Small="kept")
    delivery_id = post.enqueue()
    post.send()
    (attempt,) = post.attempts(delivery_id)
    assert len(attempt.response_body or "") == MAX_KEPT_CHARACTERS
    assert attempt.response_headers["content-type"] == "application/json"
    assert sum(len(name) + len(value) for name, value in attempt.response_headers.items()) <= MAX_KEPT_HEADER_CHARACTERS
    assert "x-huge" not in attempt.response_headers


def test_only_the_newest_attempts_are_kept(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.webhooks.ended.MAX_ATTEMPTS_KEPT", 2)
    delivery_id = post.enqueue()
    for _ in range(4):
        post.clock.advance(1)
        redeliver(post.database, sentry_app_id=APP_ID, delivery_id=delivery_id, now=post.clock.now())
        post.send()
    seconds = [(post.clock.now() - attempt.started_at).total_seconds() for attempt in post.attempts(delivery_id)]
    assert seconds == [1, 0]


@pytest.mark.usefixtures("clears_always")
def test_old_deliveries_are_cleared_away_and_pending_ones_are_kept(post: Post, refuse: Callable[[int], None]) -> None:
    old = post.enqueue()
    post.send()
    refuse(503)
    pending = post.enqueue()
    post.send()
    post.clock.advance((EXPIRY_DAYS + 1) * 86400.0)
    post.send()
    assert (post.exists(old), post.exists(pending)) == (False, True)


@pytest.mark.usefixtures("clears_always")
def test_only_so_many_deliveries_of_an_app_are_kept(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.webhooks.clearing.MAX_DELIVERIES", 2)
    ids = []
    for _ in range(4):
        ids.append(post.enqueue())
        post.send()
    assert [post.exists(each) for each in ids] == [False, False, True, True]


def test_any_number_of_deliveries_is_written_at_once(post: Post) -> None:
    new = [
        NewDelivery(sentry_app_id=number % 2 + 1, installation_id=number, organization_id=1, event="issue.created")
        for number in range(1001)
    ]
    with post.database.transaction() as tx:
        enqueue_deliveries(tx, new, now=post.clock.now())
    with post.database.session():
        written = {row.id: row.sentry_app_id for row in Delivery.select()}
        due = {row.object_id: row.destination for row in OutboxMessage.select()}
    assert len(written) == 1001
    assert due == {delivery: f"app:{app}" for delivery, app in written.items()}
