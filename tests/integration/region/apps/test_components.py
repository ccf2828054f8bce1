"""``sentry-app-components/``: components of installed apps, each filled in as far as its own app helps."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.domain.scopes import Role
from shared.outgoing.places import HTTP_CALLERS
from tests.integration.region.apps.world import BOARDS, SCHEMA, Caller, World
from tests.integration.third_party import running_app


def components(world: World, caller: Caller | None = None, **query: Any) -> Any:
    return (caller or world.owner).get(f"/organizations/{world.acme.slug}/sentry-app-components/", **query)


def of_type(answer: Any, name: str) -> Any:
    return next(item for item in answer.json() if item["type"] == name)


def test_a_component_is_shown_with_its_app(world: World) -> None:
    world.third_party.answers("/boards", json=BOARDS)
    shown = of_type(components(world), "issue-link")
    assert sorted(shown) == ["error", "schema", "sentryApp", "type", "uuid"]
    assert shown["sentryApp"] == {
        "uuid": world.app.uuid,
        "slug": world.app.slug,
        "name": world.app.name,
        "avatars": [],
    }


def test_a_select_is_filled_with_the_apps_choices(world: World) -> None:
    world.third_party.answers("/boards", json=BOARDS)
    shown = of_type(components(world), "issue-link")
    board, lane = shown["schema"]["link"]["required_fields"][0], shown["schema"]["link"]["optional_fields"][0]
    assert (board["choices"], board["defaultValue"]) == ([[1, "One"], ["2", "Two"]], "2")
    assert (lane["choices"], shown["error"]) == ([], "")
    assert [request.path for request in world.third_party.requests] == ["/boards"]


def test_a_stacktrace_link_leads_to_the_apps_host(world: World) -> None:
    shown = of_type(components(world, projectId=world.project.id), "stacktrace-link")
    query = f"installationId={world.installation.uuid}&projectSlug=web"
    assert shown["schema"]["url"] == f"{world.third_party.url}/code?{query}"


def test_only_components_of_a_type_are_shown(world: World) -> None:
    shown = components(world, filter="stacktrace-link").json()
    assert [item["type"] for item in shown] == ["stacktrace-link"]
    assert components(world, filter="none").json() == []
    assert not world.third_party.requests


def test_what_an_app_says_instead_of_choices_is_its_components_error(world: World) -> None:
    world.third_party.answers("/boards", status=500, json={"message": "Out of order."})
    answer = components(world)
    assert answer.status_code == 200
    assert of_type(answer, "issue-link")["error"] == "Out of order."
    assert of_type(answer, "stacktrace-link")["error"] == ""


def test_a_component_that_leads_nowhere_says_so(world: World) -> None:
    world.create_app(webhook_url=None, events=[])
    world.silos.replicate()
    world.third_party.answers("/boards", json=[])
    errors = [item["error"] for item in components(world).json()]
    assert errors == ["", "", "The app has no webhook URL.", "The app has no webhook URL."]


def test_a_slow_app_takes_nothing_from_the_others(world: World) -> None:
    world.third_party.answers("/boards", json=BOARDS)
    with running_app() as slow:
        slow.holds("/boards")
        world.create_app(webhook_url=f"{slow.url}/hook")
        world.silos.replicate()
        quick, _, stalled, _ = components(world).json()
    slug = stalled["sentryApp"]["slug"]
    text = f"Something went wrong while getting options for Select FormField from {slug}"
    assert (quick["error"], stalled["error"]) == ("", text)
    assert quick["schema"]["link"]["required_fields"][0]["choices"] == [[1, "One"], ["2", "Two"]]


def test_pending_and_deleted_installations_show_nothing(world: World) -> None:
    world.create_public_app(verify_install=True)
    world.silos.replicate()
    world.third_party.answers("/boards", json=[])
    assert {item["sentryApp"]["slug"] for item in components(world).json()} == {world.app.slug}


def test_the_list_goes_by_pages(world: World) -> None:
    first = components(world, per_page=1)
    assert [item["type"] for item in first.json()] == ["issue-link"]
    assert 'rel="next"; results="true"; cursor="1:1:0"' in first.headers["link"]
    second = components(world, cursor="1:1:0")
    assert [item["type"] for item in second.json()] == ["stacktrace-link"]
    assert 'rel="next"; results="false"' in second.headers["link"]


def test_a_schema_is_shown_as_it_was_given(world: World) -> None:
    schema = {"elements": [SCHEMA["elements"][1] | {"extra": {"number": 1, "half": 0.5, "list": [1, None]}}]}
    world.create_app(schema=schema)
    world.silos.replicate()
    shown = components(world, filter="stacktrace-link").json()[1]["schema"]
    assert shown["extra"] == {"number": 1, "half": 0.5, "list": [1, None]}
    assert isinstance(shown["extra"]["number"], int)


@pytest.mark.parametrize(
    ("query", "status", "body"),
    [
        ({"projectId": "web"}, 400, {"projectId": ["A valid integer is required."]}),
        ({"projectId": 77}, 404, {"detail": "Could not find the given project for this organization."}),
        ({"cursor": "x"}, 400, {"detail": "Invalid cursor parameter."}),
        ({"per_page": 0}, 400, {"detail": "Invalid per_page value. Must be between 1 and 100."}),
    ],
)
def test_a_wrong_query_is_refused(world: World, query: dict[str, Any], status: int, body: Any) -> None:
    answer = components(world, **query)
    assert (answer.status_code, answer.json()) == (status, body)


def test_members_of_the_organization_alone_see_the_list(world: World) -> None:
    world.third_party.answers("/boards", json=[])
    callers = [world.person(Role.MEMBER), world.stranger(), world.nobody]
    assert [components(world, caller).status_code for caller in callers] == [200, 404, 401]


def test_those_who_wait_for_a_slow_app_keep_nobody_from_the_others(world: World) -> None:
    world.third_party.answers("/boards", json=BOARDS)
    with running_app() as slow, ThreadPoolExecutor(HTTP_CALLERS.per_app.slow) as callers:
        held = slow.holds("/boards", json=BOARDS)
        world.create_app(webhook_url=f"{slow.url}/hook")
        world.silos.replicate()
        waiting = [callers.submit(components, world, filter="issue-link") for _ in range(HTTP_CALLERS.per_app.slow)]
        slow.wait_for(HTTP_CALLERS.per_app.slow)
        assert world.owner.get(f"{world.path}/external-requests/", uri="/boards").status_code == 200
        held.set()
        assert {each["error"] for answer in waiting for each in answer.result().json()} == {""}
