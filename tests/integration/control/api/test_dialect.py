import json
from typing import Any

import pytest

from shared.bodies.body import Body
from shared.http.errors import NOT_OFFERED
from tests.integration.control.api.world import KANBAN, Caller, World


@pytest.fixture
def owner(world: World) -> Caller:
    return world.person()


def send(caller: Caller, body: bytes) -> tuple[int, Any]:
    answer = caller.client.post("/api/0/sentry-apps/", content=body, headers=caller.headers)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b"\xff", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (b'{"a": NaN}', "Out of range float values are not JSON compliant: NaN"),
        (b'{"a": 1e999}', "Out of range float values are not JSON compliant: 1e999"),
        (b'{"a": 1, "a": 2}', "The key 'a' occurs twice."),
        (b"[" * 65 + b"]" * 65, "The document is nested deeper than 64 levels."),
        (b"[" * 100_000, "The document is nested deeper than 64 levels."),
        (b"9" * 5000, "A number has more than 1000 digits."),
    ],
)
def test_a_body_that_is_no_json_is_refused_with_the_reason(owner: Caller, body: bytes, text: str) -> None:
    assert send(owner, body) == (400, {"detail": f"JSON parse error - {text}"})


@pytest.mark.parametrize(("body", "kind"), [(b"[]", "list"), (b"7", "int"), (b"null", "NoneType"), (b'"x"', "str")])
def test_a_body_that_is_no_object_is_refused(owner: Caller, body: bytes, kind: str) -> None:
    text = f"Invalid data. Expected a dictionary, but got {kind}."
    assert send(owner, body) == (400, {"non_field_errors": [text]})


def test_a_body_that_is_too_large_is_refused_announced_or_not(owner: Caller) -> None:
    body = b" " * (Body.max_bytes + 1)
    assert send(owner, body)[0] == 413
    answer = owner.client.post("/api/0/sentry-apps/", content=iter([body]), headers=owner.headers)
    assert (answer.status_code, answer.headers["silo-reason"]) == (413, "BODY_TOO_LARGE")


ANYTHING: tuple[Any, ...] = (
    *(None, True, 7, -1, 1.5, 10**400, [], {}, [None], {"a": 1}),
    *("x", "y" * 1_000_000, "\u0000", "\ud800"),
)


@pytest.mark.parametrize("field", sorted({*KANBAN, "webhookHeaders", "overview", "popularity"} - {"organization"}))
def test_any_value_in_any_field_is_answered_below_500(owner: Caller, field: str) -> None:
    answers = [send(owner, json.dumps({**KANBAN, field: value}).encode()) for value in ANYTHING]
    assert {status for status, _ in answers} <= {201, 400}


def test_a_path_means_the_same_with_and_without_its_slash(owner: Caller) -> None:
    owner.post("/sentry-apps", KANBAN)
    with_slash, without = owner.get("/sentry-apps/acme-kanban/"), owner.get("/sentry-apps/acme-kanban")
    assert (without.status_code, without.json()) == (200, with_slash.json())


def test_an_unknown_path_is_not_found(owner: Caller) -> None:
    for path in ("/nothing/", "/sentry-apps/a/b/c/"):
        answer = owner.get(path)
        assert (answer.status_code, answer.json()) == (404, NOT_OFFERED)


def test_a_method_that_a_path_has_not_is_refused_with_those_it_has(world: World) -> None:
    answer = world.client.patch("/api/0/sentry-apps/x/")
    assert (answer.status_code, answer.json()) == (405, {"detail": 'Method "PATCH" not allowed.'})
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"


def test_options_tells_the_methods_of_a_path(world: World) -> None:
    answer = world.client.options("/api/0/sentry-apps")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert world.client.options("/api/0/nothing/").status_code == 404


def test_head_answers_as_get_without_a_body(owner: Caller) -> None:
    owner.post("/sentry-apps/", KANBAN)
    head = owner.client.head("/api/0/sentry-apps/acme-kanban/", headers=owner.headers)
    get = owner.get("/sentry-apps/acme-kanban/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


def test_an_empty_list_has_links_too(owner: Caller) -> None:
    url = f"{str(owner.client.base_url).rstrip('/')}/api/0/sentry-apps/?"
    assert owner.get("/sentry-apps/").headers["link"] == (
        f'<{url}&cursor=100:-1:1>; rel="previous"; results="false"; cursor="100:-1:1", '
        f'<{url}&cursor=100:1:0>; rel="next"; results="false"; cursor="100:1:0"'
    )


def test_following_the_links_shows_every_item_once_newest_first(world: World, owner: Caller) -> None:
    for number in range(5):
        world.app(f"App {number}")
        world.clock.advance(1)
    seen: list[str] = []
    path = "/sentry-apps/?status=unpublished&per_page=2"
    while path:
        answer = owner.get(path)
        seen += [each["slug"] for each in answer.json()]
        following = answer.links["next"]
        path = following["url"].partition("/api/0")[2] if following["results"] == "true" else ""
    assert seen == ["app-4", "app-3", "app-2", "app-1", "app-0"]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("per_page=0", "Invalid per_page value. Must be between 1 and 100."),
        ("per_page=101", "Invalid per_page value. Must be between 1 and 100."),
        ("per_page=x", "Invalid per_page parameter."),
        ("per_page=%D9%A3", "Invalid per_page parameter."),
        ("cursor=x", "Invalid cursor parameter."),
        ("cursor=0:0:0", "Invalid cursor parameter."),
        ("cursor=101:0:0", "Invalid cursor parameter."),
        ("cursor=100:-1:1", "Pagination offset cannot be negative."),
        ("cursor=100:99999999:0", "Pagination offset too large."),
        ("cursor=100:999999999999999999999:0", "Invalid cursor parameter."),
    ],
)
def test_a_page_that_cannot_be_is_refused(owner: Caller, query: str, detail: str) -> None:
    answer = owner.get(f"/sentry-apps/?{query}")
    assert (answer.status_code, answer.json()) == (400, {"detail": detail})
