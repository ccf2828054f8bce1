"""``external-issue-actions/``: the app is asked for a ticket, and what it answers decides."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from region_silo.models.issue import PlatformExternalIssue
from shared.domain.scopes import Role
from tests.integration.region.apps.world import Caller, World

TICKET = {"webUrl": "https://kanban.example/card/7", "project": "web", "identifier": "7"}
EXPECTED = {"expectedExternalIssueUrl": TICKET["webUrl"]}


def act(world: World, caller: Caller | None = None, *, query: dict[str, str] | None = None, **changes: Any) -> Any:
    body = {"groupId": str(world.issue.id), "action": "create", "uri": "/create", "title": "Oh"} | changes
    return (caller or world.owner).post(f"{world.path}/external-issue-actions/", body, **query or {})


def count_links(world: World) -> int:
    with world.region.database.session():
        links = PlatformExternalIssue.select().where(PlatformExternalIssue.group_id == world.issue.id)
        return int(links.count())


def test_the_ticket_that_the_app_answers_with_is_linked(world: World) -> None:
    world.third_party.answers("/create", status=201, json=TICKET)
    answer = act(world)
    assert answer.status_code == 200
    assert answer.json() | {"id": ""} == {
        "id": "",
        "issueId": str(world.issue.id),
        "serviceType": world.app.slug,
        "displayName": "web#7",
        "webUrl": TICKET["webUrl"],
    }


def test_the_app_is_told_of_the_issue_the_asker_and_the_fields(world: World) -> None:
    world.third_party.answers("/create", json=TICKET)
    act(world, priority=1, groupId="web-1")
    (request,) = world.third_party.requests
    assert (request.method, request.path) == ("POST", "/create")
    assert request.json == {
        "fields": {"title": "Oh", "priority": 1},
        "issueId": world.issue.id,
        "installationId": world.installation.uuid,
        "webUrl": f"{world.http.url('us')}/organizations/{world.acme.slug}/issues/{world.issue.id}/",
        "project": {"slug": "web", "id": world.project.id},
        "actor": {"type": "user", "id": world.owner_user.user.id, "name": world.owner_user.user.email},
    }


def test_the_question_is_signed_over_its_bytes(world: World) -> None:
    world.third_party.answers("/create", json=TICKET)
    act(world, title="Café ☕")
    (request,) = world.third_party.requests
    assert request.is_signed(world.third_party.secret)
    assert b"Caf\\u00e9" in request.body
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("action", "event"), [("create", "external_issue.created"), ("link", "external_issue.linked")])
def test_each_action_is_logged_under_its_own_event(world: World, action: str, event: str) -> None:
    world.third_party.answers("/create", json=TICKET)
    act(world, action=action)
    assert [record.event for record in world.log()] == [event]


@pytest.mark.parametrize("missing", ["groupId", "action", "uri"])
@pytest.mark.parametrize("value", [None, "", 0])
def test_what_the_app_shall_do_must_be_said(world: World, missing: str, value: Any) -> None:
    answer = act(world, **{missing: value})
    assert (answer.status_code, answer.json()) == (400, {"detail": "Missing groupId, action, uri in request body"})


def test_an_action_is_create_or_link(world: World) -> None:
    answer = act(world, action="destroy")
    assert (answer.status_code, answer.json()) == (400, {"detail": "Invalid action type: destroy"})


@pytest.mark.parametrize("uri", ["//evil.example", "/@evil.example", "create", 5, ["/create"]])
def test_a_uri_that_is_no_path_is_refused(world: World, uri: Any) -> None:
    answer = act(world, uri=uri)
    assert answer.status_code == 400
    assert answer.json() == {"uri": ["Invalid URI: must be a relative path starting with '/'."]}


@pytest.mark.parametrize("group_id", ["1", "NO-1", 12.5, [1], {"a": 1}, True, "\x00"])
def test_an_issue_that_is_none_is_not_found(world: World, group_id: Any) -> None:
    answer = act(world, groupId=group_id)
    text = "Could not find the corresponding issue for the given groupId"
    assert (answer.status_code, answer.json()) == (404, {"detail": text})


@pytest.mark.parametrize(("status", "seen"), [(400, 400), (500, 500), (304, 502)])
def test_an_apps_refusal_links_nothing(world: World, status: int, seen: int) -> None:
    world.third_party.answers("/create", status=status, json={"message": "no"})
    answer = act(world)
    text = f"Issue occurred while trying to contact {world.app.slug} to link issue"
    assert (answer.status_code, answer.json()) == (seen, {"detail": text})
    assert count_links(world) == 0


def test_an_app_that_cannot_be_reached_is_a_bad_gateway(world: World) -> None:
    world.third_party.stop()
    answer = act(world)
    text = f"Issue occurred while trying to contact {world.app.slug} to link issue"
    assert (answer.status_code, answer.json()) == (502, {"detail": text})


@pytest.mark.parametrize(
    "answered",
    [
        b"<html>",
        b"[]",
        b'{"webUrl": "https://a.example", "project": "web"}',
        b'{"webUrl": "https://a.example", "project": "web", "identifier": 7}',
        b'{"webUrl": "javascript:alert(1)", "project": "web", "identifier": "7"}',
        b'{"webUrl": "https://a.example", "project": "", "identifier": "7"}',
        b'{"webUrl": "https://a.example", "project": "a\\u0000", "identifier": "7"}',
    ],
)
def test_an_answer_that_is_no_ticket_links_nothing(world: World, answered: bytes) -> None:
    world.third_party.answers("/create", body=answered)
    answer = act(world)
    text = f"Unable to parse response from {world.app.slug}"
    assert (answer.status_code, answer.json()) == (502, {"detail": text})
    assert count_links(world) == 0


def test_a_new_link_to_the_expected_ticket_is_created(world: World) -> None:
    world.third_party.answers("/create", json=TICKET)
    assert act(world, query=EXPECTED).status_code == 201


def test_with_an_equal_link_the_app_is_not_asked_again(world: World) -> None:
    world.third_party.answers("/create", json=TICKET)
    first, second = act(world, query=EXPECTED), act(world, query=EXPECTED)
    assert (second.status_code, second.json()) == (200, first.json())
    assert len(world.third_party.requests) == 1


def test_a_link_to_another_ticket_than_the_expected_one_is_left_alone(world: World) -> None:
    world.third_party.answers("/create", json=TICKET)
    act(world)
    answer = act(world, query={"expectedExternalIssueUrl": "https://kanban.example/card/8"})
    assert answer.status_code == 409
    assert answer.json() == {
        "detail": "The issue is linked to a different external issue.",
        "context": {"externalIssueUrl": TICKET["webUrl"]},
    }
    assert len(world.third_party.requests) == 1


def test_an_app_that_answers_with_another_ticket_links_nothing(world: World) -> None:
    world.third_party.answers("/create", json=TICKET | {"webUrl": "https://kanban.example/card/8"})
    answer = act(world, query=EXPECTED)
    assert answer.status_code == 409
    assert answer.json()["detail"] == "The app answered with a different external issue."
    assert count_links(world) == 0


@pytest.mark.parametrize("url", ["", "card/7", "ftp://a.example", "https://"])
def test_an_expected_ticket_has_an_address(world: World, url: str) -> None:
    answer = act(world, query={"expectedExternalIssueUrl": url})
    assert answer.status_code == 400
    assert list(answer.json()) == ["expectedExternalIssueUrl"]


def test_two_identical_requests_at_once_leave_one_link(world: World) -> None:
    release = world.third_party.holds("/create", json=TICKET)
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(act, world, query=EXPECTED) for _ in range(2)]
        world.third_party.wait_for(2)
        release.set()
        results = [answer.result() for answer in answers]
    assert sorted(result.status_code for result in results) == [200, 201]
    assert results[0].json() == results[1].json()
    assert count_links(world) == 1


def test_linking_needs_a_scope(world: World) -> None:
    world.third_party.answers("/create", json=TICKET)
    narrow = world.create_app(scopes=["project:read"], events=[])
    token = world.http.create_app_token(narrow).text
    world.silos.replicate()
    callers = [Caller(world.http, token=token), world.person(Role.MEMBER), world.robot, world.nobody]
    assert [act(world, caller).status_code for caller in callers] == [403, 200, 200, 401]


def test_no_connection_to_the_database_is_held_while_an_app_thinks(world: World) -> None:
    release = world.third_party.holds("/create", json=TICKET)
    seen = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(act, world)
        world.third_party.wait_for(1)
        with world.region.database.transaction():
            seen.set()
        release.set()
        assert answer.result().status_code == 200
    assert seen.is_set()
