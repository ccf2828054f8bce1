"""Resolving, ignoring, reopening and assigning."""

from typing import Any

import pytest

from shared.domain.scopes import Role
from tests.integration.region.issues.world import Caller, World, message


def _put(world: World, issue: dict[str, Any], body: Any, *, caller: Caller | None = None) -> Any:
    return (caller or world.owner).put(f"/organizations/{world.org}/issues/{issue['id']}/", body)


@pytest.mark.parametrize(
    ("body", "status", "substatus", "kind"),
    [
        ({"status": "resolved"}, "resolved", None, "issue.resolved"),
        ({"status": "ignored"}, "ignored", "archived_until_escalating", "issue.ignored"),
        ({"status": "ignored", "substatus": "archived_forever"}, "ignored", "archived_forever", "issue.ignored"),
        ({"status": "archived"}, "ignored", "archived_until_escalating", "issue.ignored"),
        ({"status": "muted"}, "ignored", "archived_until_escalating", "issue.ignored"),
    ],
)
def test_a_status_is_set_and_told(world: World, body: Any, status: str, substatus: str | None, kind: str) -> None:
    issue = world.raise_issue()
    changed = _put(world, issue, body).json()
    assert (changed["status"], changed["substatus"]) == (status, substatus)
    assert world.activity(issue["id"])[-1] == kind


@pytest.mark.parametrize(
    "body",
    [
        {"merge": 1},
        {"discard": True},
        {"hasSeen": True},
        {"isBookmarked": True},
        {"isPublic": True},
        {"priority": "high"},
        {"status": "ignored", "statusDetails": {"inNextRelease": True}},
        {"status": "resolved", "statusDetails": {"ignoreCount": 3}},
        {"statusDetails": {"ignoreDuration": 3}},
        {"status": "ignored", "statusDetails": {"ignoreDuration": 0}},
        {"status": "ignored", "statusDetails": {"ignoreCount": 10**12}},
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_else_of_it_done(world: World, body: Any) -> None:
    issue = world.raise_issue()
    answer = _put(world, issue, body)
    assert (answer.status_code, len(answer.json())) == (400, 1)
    assert world.owner.get(f"/issues/{issue['id']}/").json()["status"] == "unresolved"


def test_what_changes_nothing_may_be_sent_back(world: World) -> None:
    issue = world.raise_issue()
    assert _put(world, issue, issue).status_code == 200


def test_an_issue_is_reopened(world: World) -> None:
    issue = world.raise_issue()
    _put(world, issue, {"status": "resolved"})
    changed = _put(world, issue, {"status": "unresolved"}).json()
    assert (changed["status"], changed["substatus"]) == ("unresolved", "ongoing")
    assert world.activity(issue["id"])[-1] == "issue.unresolved"


def test_who_acts_is_remembered(world: World) -> None:
    issue = world.raise_issue()
    member = world.person(Role.MEMBER)
    _put(world, issue, {"status": "resolved"}, caller=member)
    done = world.last_activity(issue["id"])
    assert (done.actor_type, done.actor_id, done.actor_name) == ("user", str(member.user_id), member.email)


def test_an_app_acts_under_its_own_name(world: World) -> None:
    issue = world.raise_issue()
    app = world.app("event:write")
    assert _put(world, issue, {"status": "resolved"}, caller=app).status_code == 200
    done = world.last_activity(issue["id"])
    assert (done.actor_type, done.actor_id) == ("application", app.email)
    assert done.actor_name.startswith("Robot")


def test_what_is_already_so_is_told_to_nobody(world: World) -> None:
    issue = world.raise_issue()
    for _ in range(2):
        assert _put(world, issue, {"status": "resolved", "assignedTo": world.owner.email}).status_code == 200
    assert world.activity(issue["id"])[1:] == ["issue.resolved", "issue.assigned"]


@pytest.mark.parametrize("form", ["user:{id}", "{id}", "{email}"])
def test_an_assignee_is_named_in_any_of_the_forms(world: World, form: str) -> None:
    member = world.person(Role.MEMBER)
    name = form.format(id=member.user_id, email=member.email)
    assigned = _put(world, world.raise_issue(), {"assignedTo": name}).json()["assignedTo"]
    assert assigned == {"type": "user", "id": str(member.user_id), "name": member.email, "email": member.email}


@pytest.mark.parametrize("nobody", ["", None])
def test_an_assignee_is_removed_and_this_is_told(world: World, nobody: str | None) -> None:
    issue = world.raise_issue()
    _put(world, issue, {"assignedTo": world.owner.email})
    assert _put(world, issue, {"assignedTo": nobody}).json()["assignedTo"] is None
    assert world.last_activity(issue["id"]).kind == "issue.unassigned"
    assert world.last_activity(issue["id"]).data == {"assignee": None}


@pytest.mark.parametrize("name", ["user:0", "user:999999", "team:1", "nobody@acme.example", "odd", "user:" + "9" * 40])
def test_an_assignee_who_is_nobody_here_is_refused(world: World, name: str) -> None:
    answer = _put(world, world.raise_issue(), {"assignedTo": name})
    assert (answer.status_code, answer.json()) == (400, {"assignedTo": ["Unknown actor input"]})


def test_a_member_of_another_organization_cannot_be_assigned(world: World, other: World) -> None:
    assert _put(world, world.raise_issue(), {"assignedTo": other.owner.email}).status_code == 400


def test_one_can_take_an_issue_oneself_while_control_is_away(world: World) -> None:
    issue = world.raise_issue()
    world.silos.stop("control")
    assert _put(world, issue, {"assignedTo": world.owner.email}).status_code == 200
    answer = _put(world, issue, {"assignedTo": "someone@acme.example"})
    assert (answer.status_code, answer.headers["silo-reason"]) == (503, "SILO_UNREACHABLE")


@pytest.mark.parametrize(
    "body",
    [
        {"status": "closed"},
        {"status": None},
        {"status": ["resolved"]},
        {"status": "resolved\x00"},
        {"status": "x" * 1_000_000},
        {"substatus": "ongoing"},
        {"status": "resolved", "substatus": "ongoing"},
        {"status": "ignored", "substatus": 7},
        {"assignedTo": {}},
        {"assignedTo": "\ud800@acme.example"},
        {"assignedTo": "x" * 1_000_000},
        [],
        "resolved",
    ],
)
def test_a_body_that_makes_no_sense_is_refused_by_field(world: World, body: Any) -> None:
    issue = world.raise_issue()
    assert _put(world, issue, body).status_code == 400
    assert world.issue()["status"] == "unresolved"


@pytest.mark.parametrize("place", ["/issues/{id}/", "/issues/{short}/", "/organizations/{org}/issues/{short}/"])
def test_an_issue_is_named_in_any_of_the_forms(world: World, place: str) -> None:
    issue = world.raise_issue()
    path = place.format(id=issue["id"], short=issue["shortId"].lower(), org=world.organization.id)
    assert world.owner.get(path).json()["id"] == issue["id"]
    assert world.owner.put(path, {"status": "resolved"}).json()["status"] == "resolved"


def test_several_issues_are_changed_at_once(world: World) -> None:
    ids = [world.raise_issue()["id"], world.raise_issue()["shortId"]]
    answer = world.owner.put(f"/organizations/{world.org}/issues/?id={ids[0]}&id={ids[1]}", {"status": "resolved"})
    assert answer.json() == {"status": "resolved", "statusDetails": {}, "substatus": None}
    assert {issue["status"] for issue in world.issues(query="")} == {"resolved"}


def test_a_projects_issues_are_changed_and_no_others(world: World) -> None:
    api = world.project("api")
    issue = world.raise_issue()
    path = f"/projects/{world.org}/{api.slug}/issues/?id={issue['id']}"
    assert world.owner.put(path, {"status": "resolved"}).status_code == 204
    assert world.issue()["status"] == "unresolved"


def test_another_organizations_issues_are_passed_over(world: World, other: World) -> None:
    foreign = other.raise_issue()
    answer = world.owner.put(f"/organizations/{world.org}/issues/?id={foreign['id']}", {"status": "resolved"})
    assert (answer.status_code, other.issue()["status"]) == (204, "unresolved")


@pytest.mark.parametrize(
    ("query", "changed"),
    [
        ("", ["second"]),
        ("?query=FIRST", ["first"]),
        ("?query=", ["second", "first"]),
        ("?status=ignored", ["first"]),
        ("?status=resolved", []),
        ("?project=-1&query=is:unresolved", ["second"]),
    ],
)
def test_without_ids_a_status_goes_to_what_a_list_shows(world: World, query: str, changed: list[str]) -> None:
    world.send(message("first"), message("second"))
    first = world.issue(query="first")
    _put(world, first, {"status": "ignored"})
    for path in (f"/organizations/{world.org}/issues/", f"/projects/{world.org}/web/issues/"):
        answer = world.owner.put(path + query, {"status": "resolved"})
        assert answer.status_code in (200, 204), answer.text
    assert {issue["title"] for issue in world.issues(query="is:resolved")} == set(changed)


@pytest.mark.parametrize("body", [{"assignedTo": ""}, {}])
def test_without_ids_nothing_but_a_status_is_changed(world: World, body: Any) -> None:
    world.raise_issue()
    assert world.owner.put(f"/organizations/{world.org}/issues/", body).status_code == 400


@pytest.mark.parametrize("query", ["?id=", "?id=,", "?" + "&".join(f"id={number}" for number in range(1, 1102))])
def test_the_issues_to_change_must_be_named_and_not_be_too_many(world: World, query: str) -> None:
    answer = world.owner.put(f"/organizations/{world.org}/issues/{query}", {"status": "resolved"})
    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["odd", "999999", "9" * 30, "%00", "WEB-77"])
def test_an_unknown_issue_is_not_found_or_passed_over(world: World, name: str) -> None:
    assert world.owner.get(f"/issues/{name}/").status_code == 404
    assert world.owner.put(f"/organizations/{world.org}/issues/?id={name}", {"status": "resolved"}).status_code == 204


def test_what_was_done_is_shown_newest_first(world: World) -> None:
    issue = world.raise_issue()
    _put(world, issue, {"status": "resolved", "assignedTo": world.owner.email})
    shown = world.owner.get(f"/issues/{issue['id']}/").json()["activity"]
    assert [activity["type"] for activity in shown] == ["assigned", "set_resolved", "first_seen"]
    assert (shown[0]["user"]["name"], shown[2]["user"]) == (world.owner.email, None)
