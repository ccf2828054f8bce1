"""A member of an organization, or a page that they happen to visit, and what their session does not do for it."""

import pytest

from shared.domain.scopes import Role
from tests.integration.control.api.world import KANBAN, Caller, World

FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
]


def answered(caller: Caller, method: str, path: str, **kwargs: object) -> int:
    headers = caller.headers | dict(kwargs.pop("headers", {}))  # type: ignore[call-overload]
    return caller.client.request(method, f"/api/0{path}", headers=headers, **kwargs).status_code  # type: ignore[arg-type]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_page_of_another_site_changes_nothing_with_a_visitors_session(world: World, headers: dict[str, str]) -> None:
    visitor = world.person(session=True)
    assert answered(visitor, "POST", "/sentry-apps/", json=KANBAN, headers=headers) == 403
    assert answered(visitor, "DELETE", "/auth/", headers=headers) == 403
    assert answered(visitor, "GET", "/users/me/", headers=headers) == 200


def test_a_page_of_the_silo_itself_may_use_the_session(world: World) -> None:
    visitor = world.person(session=True)
    own = {"origin": str(visitor.client.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    assert answered(visitor, "POST", "/sentry-apps/", json=KANBAN, headers=own) == 201


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_changes_nothing_with_a_visitors_session(world: World, kind: str) -> None:
    visitor = world.person(session=True)
    assert answered(visitor, "POST", "/sentry-apps/", content=b"{}", headers={"content-type": kind}) == 403


def test_a_token_is_no_page_s_to_use_by_accident(world: World) -> None:
    headers = {"origin": "https://tool.example", "sec-fetch-site": "cross-site"}
    assert answered(world.person(), "POST", "/sentry-apps/", json=KANBAN, headers=headers) == 201


def test_who_acts_as_somebody_else_rotates_no_secret(world: World) -> None:
    app, owner = world.app(), world.person(Role.OWNER)
    assert world.impersonated(owner).post(f"/sentry-apps/{app.slug}/rotate-secret/").status_code == 403
    assert owner.post(f"/sentry-apps/{app.slug}/rotate-secret/").status_code == 200
