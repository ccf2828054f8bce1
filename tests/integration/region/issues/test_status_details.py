"""What a status comes with: in which release an issue is resolved, and until when it is ignored."""

from typing import Any

import pytest

from tests.integration.region.issues.world import World, exception


def _raise(world: World) -> dict[str, Any]:
    world.send(exception())
    return world.issue()


def _put(world: World, issue: dict[str, Any], status: str, **details: Any) -> dict[str, Any]:
    body = {"status": status, "statusDetails": details}
    answer = world.owner.put(f"/organizations/{world.org}/issues/{issue['id']}/", body)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def _status_after(world: World, issue: dict[str, Any], *events: dict[str, Any]) -> str:
    world.send(*(events or [exception()]))
    return str(world.owner.get(f"/issues/{issue['id']}/").json()["status"])


@pytest.mark.parametrize(
    ("details", "shown"),
    [
        ({"inNextRelease": True}, {"inNextRelease": True}),
        ({"inRelease": "shop@1.1"}, {"inRelease": "shop@1.1"}),
        ({"inCommit": {"commit": "a1b2", "repository": "shop"}}, {"inCommit": "a1b2"}),
    ],
)
def test_in_what_an_issue_is_resolved_is_kept_and_shown(world: World, details: Any, shown: Any) -> None:
    issue = _raise(world)
    assert _put(world, issue, "resolved", **details)["statusDetails"] == shown
    assert world.owner.get(f"/issues/{issue['id']}/").json()["statusDetails"] == shown


def test_resolved_in_the_next_release_is_a_status_by_itself(world: World) -> None:
    changed = _put(world, _raise(world), "resolvedInNextRelease")
    assert (changed["status"], changed["statusDetails"]) == ("resolved", {"inNextRelease": True})


def test_apps_are_told_in_what_an_issue_is_resolved(world: World) -> None:
    issue = _raise(world)
    _put(world, issue, "resolved", inRelease="shop@1.1")
    assert world.last_activity(issue["id"]).data["resolution_type"] == "in_release"


def test_an_issue_comes_back_when_so_many_events_have_come(world: World) -> None:
    issue = _raise(world)
    changed = _put(world, issue, "ignored", ignoreCount=2)
    assert (changed["substatus"], changed["statusDetails"]) == ("archived_until_condition_met", {"ignoreCount": 2})
    assert [_status_after(world, issue), _status_after(world, issue)] == ["ignored", "unresolved"]
    shown = world.owner.get(f"/issues/{issue['id']}/").json()
    assert (shown["substatus"], shown["statusDetails"]) == ("ongoing", {})
    assert world.activity(issue["id"])[-1] == "issue.unresolved"


def test_an_issue_comes_back_when_so_many_users_were_hit(world: World) -> None:
    issue = _raise(world)
    _put(world, issue, "ignored", ignoreUserCount=1)
    assert _status_after(world, issue) == "ignored"
    assert _status_after(world, issue, exception(user={"id": "7"})) == "unresolved"


def test_an_issue_comes_back_with_the_first_event_after_a_time(world: World) -> None:
    issue = _raise(world)
    changed = _put(world, issue, "ignored", ignoreDuration=30)
    assert changed["statusDetails"].keys() == {"ignoreUntil"}
    assert _status_after(world, issue) == "ignored"
    world.silos.clock.advance(31 * 60)
    assert _status_after(world, issue) == "unresolved"


def test_events_count_that_come_within_a_window(world: World) -> None:
    issue = _raise(world)
    _put(world, issue, "ignored", ignoreCount=2, ignoreWindow=10)
    assert _status_after(world, issue) == "ignored"
    world.silos.clock.advance(11 * 60)
    assert [_status_after(world, issue), _status_after(world, issue)] == ["ignored", "unresolved"]


def test_what_is_said_of_a_status_stays_until_another_is_set(world: World) -> None:
    issue = _raise(world)
    _put(world, issue, "ignored", ignoreCount=5)
    assert _put(world, issue, "ignored")["statusDetails"] == {"ignoreCount": 5}
    assert _put(world, issue, "resolved")["statusDetails"] == {}


def test_what_stands_beside_the_status_counts_as_its_details(world: World) -> None:
    issue = _raise(world)
    body = {"status": "ignored", "ignoreCount": 1, "ignoreWindow": 60}
    changed = world.owner.put(f"/organizations/{world.org}/issues/{issue['id']}/", body).json()
    assert changed["statusDetails"] == {"ignoreCount": 1, "ignoreWindow": 60}
    assert _status_after(world, issue) == "unresolved"
