"""What comes in at the same moment: one effect, nothing lost, no number given out twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

from tests.integration.region.issues.world import World, envelope_of, exception, message

SENDERS = 8


def _at_once(work: Callable[[int], Any]) -> list[Any]:
    barrier = Barrier(SENDERS)

    def run(number: int) -> Any:
        barrier.wait(timeout=10)
        return work(number)

    with ThreadPoolExecutor(SENDERS) as executor:
        return list(executor.map(run, range(SENDERS)))


def test_first_events_of_one_kind_make_one_issue(world: World) -> None:
    sent = _at_once(lambda number: world.send_envelope(envelope_of(exception(user={"id": number}))).status_code)
    issue = world.issue()
    assert sent == [200] * SENDERS
    assert (issue["shortId"], issue["count"], issue["userCount"]) == ("WEB-1", str(SENDERS), SENDERS)
    assert world.activity(issue["id"]) == ["issue.created"]


def test_first_events_of_different_kinds_get_numbers_without_gaps_or_twins(world: World) -> None:
    _at_once(lambda number: world.send(message(f"message {number}")))
    assert sorted(issue["shortId"] for issue in world.issues()) == [f"WEB-{number + 1}" for number in range(SENDERS)]


def test_one_event_sent_often_is_stored_once(world: World) -> None:
    body = envelope_of(exception(), event_id=uuid4().hex)
    sent = _at_once(lambda number: world.send_envelope(body).status_code)
    assert (sent, world.issue()["count"]) == ([200] * SENDERS, "1")


def test_an_issue_is_resolved_once(world: World) -> None:
    issue = world.raise_issue()
    _at_once(lambda number: world.owner.put(f"/issues/{issue['id']}/", {"status": "resolved"}))
    assert world.activity(issue["id"]).count("issue.resolved") == 1


def test_several_issues_may_be_changed_in_opposite_orders(world: World) -> None:
    ids = [world.raise_issue()["id"] for _ in range(4)]

    def change(number: int) -> int:
        query = "&".join(f"id={each}" for each in (ids if number % 2 else reversed(ids)))
        status = "resolved" if number % 2 else "ignored"
        return world.owner.put(f"/organizations/{world.org}/issues/?{query}", {"status": status}).status_code

    assert _at_once(change) == [200] * SENDERS


def test_a_slug_is_given_to_one_project(world: World) -> None:
    path = f"/organizations/{world.org}/projects/"
    made = _at_once(lambda number: world.owner.post(path, {"slug": "api"}).status_code)
    assert Counter(made) == {201: 1, 409: SENDERS - 1}


def test_comments_are_counted_however_they_come(world: World) -> None:
    path = f"/issues/{world.raise_issue()['id']}/comments/"
    _at_once(lambda number: world.owner.post(path, {"text": f"comment {number}"}))
    assert world.issue()["numComments"] == len(world.owner.get(path).json()) == SENDERS


def test_a_comment_is_deleted_once(world: World) -> None:
    path = f"/issues/{world.raise_issue()['id']}/comments/"
    comment = world.owner.post(path, {"text": "x"}).json()
    deleted = _at_once(lambda number: world.owner.delete(f"{path}{comment['id']}/").status_code)
    assert Counter(deleted) == {204: 1, 404: SENDERS - 1}
    assert world.issue()["numComments"] == 0
