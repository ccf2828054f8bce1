"""Comments on issues."""

from typing import Any

import pytest

from shared.domain.scopes import Role
from tests.integration.region.issues.world import Caller, World


def _comment(world: World, caller: Caller, text: str = "Fixed.") -> tuple[str, dict[str, Any]]:
    """The path of the comments of a new issue, and one of them."""
    path = f"/organizations/{world.org}/issues/{world.raise_issue()['id']}/comments/"
    answer = caller.post(path, {"text": text})
    assert answer.status_code == 201, answer.text
    return path, answer.json()


def test_a_comment_is_written_read_and_told(world: World) -> None:
    path, comment = _comment(world, world.owner, "Fixed in 1.2 ✓")
    assert world.owner.get(path).json() == [comment]
    assert (comment["data"], comment["user"]["id"]) == ({"text": "Fixed in 1.2 ✓"}, str(world.owner.user_id))
    told = world.last_activity(comment["issue"])
    assert (told.kind, told.data) == (
        "comment.created",
        {"comment_id": int(comment["id"]), "comment": "Fixed in 1.2 ✓"},
    )


def test_an_issue_knows_how_many_comments_it_has(world: World) -> None:
    path, comment = _comment(world, world.owner)
    assert world.issue()["numComments"] == 1
    world.owner.delete(f"{path}{comment['id']}/")
    assert world.issue()["numComments"] == 0


def test_comments_are_listed_newest_first(world: World) -> None:
    path, _ = _comment(world, world.owner, "one")
    world.owner.post(path, {"text": "two"})
    answer = world.owner.get(path, per_page=1)
    assert [comment["data"]["text"] for comment in answer.json()] == ["two"]
    assert answer.links["next"]["results"] == "true"


def test_one_changes_ones_own_comment(world: World) -> None:
    path, comment = _comment(world, world.owner)
    answer = world.owner.put(f"{path}{comment['id']}/", {"text": "Not fixed."})
    assert (answer.status_code, answer.json()["data"]["text"]) == (200, "Not fixed.")
    assert world.last_activity(comment["issue"]).kind == "comment.updated"


def test_one_deletes_ones_own_comment(world: World) -> None:
    path, comment = _comment(world, world.owner)
    assert world.owner.delete(f"{path}{comment['id']}/").status_code == 204
    assert world.last_activity(comment["issue"]).kind == "comment.deleted"
    assert world.owner.delete(f"{path}{comment['id']}/").status_code == 404


def test_nobody_changes_or_deletes_somebody_elses(world: World) -> None:
    path, comment = _comment(world, world.person(Role.MEMBER))
    assert world.owner.put(f"{path}{comment['id']}/", {"text": "mine"}).status_code == 404
    assert world.owner.delete(f"{path}{comment['id']}/").status_code == 404


def test_a_comment_belongs_to_its_issue(world: World) -> None:
    _, comment = _comment(world, world.owner)
    elsewhere = f"/issues/{world.raise_issue()['id']}/comments/{comment['id']}/"
    assert world.owner.put(elsewhere, {"text": "there"}).status_code == 404


def test_an_app_comments_under_its_own_name(world: World) -> None:
    app = world.app("event:admin")
    path, comment = _comment(world, app)
    assert comment["user"]["type"] == "application"
    assert comment["user"]["name"].startswith("Robot")
    assert app.delete(f"{path}{comment['id']}/").status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "  "},
        {"text": None},
        {"text": []},
        {"text": "a\x00"},
        {"text": "\udc00"},
        {"text": "x" * 64_001},
        [],
    ],
)
def test_a_comment_that_says_nothing_or_cannot_be_stored_is_refused(world: World, body: Any) -> None:
    path = f"/issues/{world.raise_issue()['id']}/comments/"
    assert world.owner.post(path, body).status_code == 400
    assert world.owner.get(path).json() == []


@pytest.mark.parametrize("comment", ["999999", "odd", "9" * 30, "%00"])
def test_an_unknown_comment_is_not_found(world: World, comment: str) -> None:
    path = f"/issues/{world.raise_issue()['id']}/comments/{comment}/"
    assert world.owner.put(path, {"text": "x"}).status_code == 404
    assert world.owner.delete(path).status_code == 404


def test_comments_are_notes_too(world: World) -> None:
    path = f"/organizations/{world.org}/issues/{world.raise_issue()['id']}"
    made = world.owner.post(f"{path}/notes/", {"text": "x"})
    assert made.status_code == 201
    assert world.owner.get(f"{path}/notes/").json() == world.owner.get(f"{path}/comments/").json() == [made.json()]
    assert world.owner.delete(f"{path}/notes/{made.json()['id']}/").status_code == 204
