"""Who may do what: scopes by method, and what is not theirs."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.integration.region.issues.test_rules import RULE
from tests.integration.region.issues.world import Caller, World

EVENT = ("event:read", "event:write", "event:admin")
PROJECT = ("project:read", "project:write", "project:admin")

NEEDED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("GET", "/organizations/{org}/projects/"): PROJECT,
    ("POST", "/organizations/{org}/projects/"): PROJECT[1:],
    ("GET", "/projects/{org}/web/"): PROJECT,
    ("GET", "/projects/{org}/web/keys/"): PROJECT,
    ("GET", "/projects/{org}/web/rules/"): (*PROJECT, "alerts:read", "alerts:write"),
    ("POST", "/projects/{org}/web/rules/"): (*PROJECT[1:], "alerts:write"),
    ("GET", "/projects/{org}/web/issues/"): EVENT,
    ("PUT", "/projects/{org}/web/issues/?id={issue}"): EVENT[1:],
    ("GET", "/organizations/{org}/issues/"): EVENT,
    ("PUT", "/organizations/{org}/issues/?id={issue}"): EVENT[1:],
    ("GET", "/organizations/{org}/issues/{issue}/"): EVENT,
    ("PUT", "/organizations/{org}/issues/{issue}/"): EVENT[1:],
    ("GET", "/issues/{issue}/"): EVENT,
    ("PUT", "/issues/{issue}/"): EVENT[1:],
    ("GET", "/organizations/{org}/shortids/WEB-1/"): EVENT,
    ("GET", "/issues/{issue}/events/"): EVENT,
    ("GET", "/issues/{issue}/events/latest/"): EVENT,
    ("GET", "/projects/{org}/web/events/"): EVENT,
    ("GET", "/projects/{org}/web/events/{event}/"): EVENT,
    ("GET", "/issues/{issue}/comments/"): EVENT,
    ("POST", "/issues/{issue}/comments/"): EVENT[1:],
    ("PUT", "/issues/{issue}/comments/{comment}/"): EVENT[1:],
    ("DELETE", "/issues/{issue}/comments/{comment}/"): EVENT[2:],
}
"""The scopes of which one is needed, by method and path."""
BODY: Mapping[str, Any] = RULE | {"slug": "api", "text": "Fixed.", "status": "resolved"}
"""Something that every endpoint with a body accepts."""
SCOPES = ("org:admin", "team:admin", "alerts:read", "alerts:write", *EVENT, *PROJECT)


@pytest.mark.parametrize(("method", "path"), NEEDED, ids=str)
def test_a_token_needs_one_of_the_scopes_and_no_other_helps(world: World, method: str, path: str) -> None:
    for scope in SCOPES:
        status = _call(_populated(world, path), world.token_with(world.owner, scope), method, world)
        assert (status != 403) == (scope in NEEDED[method, path]), scope


@pytest.mark.parametrize(("method", "path"), NEEDED, ids=str)
def test_without_credentials_nothing_is_shown(world: World, method: str, path: str) -> None:
    assert _call(_populated(world, path), Caller(world.client, {}), method, world) == 401


@pytest.mark.parametrize(("method", "path"), NEEDED, ids=str)
def test_another_organizations_things_do_not_exist(world: World, other: World, method: str, path: str) -> None:
    assert _call(_populated(world, path), other.owner, method, world) == 404


@pytest.mark.parametrize(("method", "path"), NEEDED, ids=str)
def test_an_apps_token_ends_at_its_own_organization(world: World, other: World, method: str, path: str) -> None:
    app = other.app("event:admin", "project:admin", "alerts:write")
    assert _call(_populated(world, path), app, method, world) == 404


def _populated(world: World, path: str) -> str:
    """The path with the ids of things that exist."""
    names = {"org": world.org, "issue": "", "event": "", "comment": ""}
    if "{issue}" in path or "{event}" in path or "WEB-1" in path:
        names["issue"] = world.raise_issue()["id"]
        names["event"] = world.owner.get(f"/issues/{names['issue']}/events/latest/").json()["id"]
    if "{comment}" in path:
        names["comment"] = world.owner.post(f"/issues/{names['issue']}/comments/", {"text": "x"}).json()["id"]
    return path.format(**names)


def _call(path: str, caller: Caller, method: str, world: World) -> int:
    answer = world.client.request(method, f"/api/0{path}", headers=caller.headers, json=BODY)
    assert answer.status_code < 500, answer.text
    return answer.status_code
