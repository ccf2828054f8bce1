"""The order in which creation refuses (spec §4.1): each case would also fail every later check."""

import json

import pytest

from shared.domain.scopes import Role
from tests.integration.control.api.world import KANBAN, World


def test_an_apps_own_token_is_refused_before_anything_else(world: World) -> None:
    app = world.app("Bot", status="internal", scopes=["org:admin", "event:read"])
    acting = world.acting_as(app, world.installation_of(app), scopes=["org:admin"])
    refused = acting.post("/sentry-apps/", {"organization": 7})
    assert (refused.status_code, refused.json()["detail"][:26]) == (403, "You do not have permission")


def test_a_tokens_scopes_are_checked_before_the_body_is_read(world: World) -> None:
    narrow = world.token_with(world.person(), ["org:read"])
    answer = world.client.post("/api/0/sentry-apps/", content=b"{", headers=narrow.headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("organization", [None, 7, "", [], {}])
def test_an_organization_has_to_be_named(world: World, organization: object) -> None:
    answer = world.person().post("/sentry-apps/", {"organization": organization})
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Please provide a valid value for the 'organization' field."}


def test_an_unknown_organization_is_unknown_to_the_elevated(world: World) -> None:
    for caller in (world.superuser(), world.person(Role.OWNER, staff=True)):
        answer = caller.post("/sentry-apps/", {**KANBAN, "organization": "nope"})
        assert (answer.status_code, answer.json()) == (404, {"detail": "Organization 'nope' does not exist."})


@pytest.mark.parametrize("slug", ["globex", "nope", "\ud800", "a\x00b"])
def test_everybody_else_does_not_belong_to_it(world: World, slug: str) -> None:
    caller = world.person()
    body = json.dumps({"organization": slug}).encode()
    answer = world.client.post("/api/0/sentry-apps/", content=body, headers=caller.headers)
    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("User does not belong to the '")


def test_staff_who_are_no_members_may_not_create(world: World) -> None:
    staff = world.token_with(world.staff(), ["org:write"])
    answer = staff.post("/sentry-apps/", KANBAN)
    assert answer.status_code == 401
    assert answer.json() == {"detail": "User must be a part of the Org they're trying to create the app in"}


def test_nothing_is_created_in_an_organization_that_is_going_away(world: World) -> None:
    world.add_organization("initech", status="pending_deletion")
    answer = world.person(organization="initech").post("/sentry-apps/", {**KANBAN, "organization": "initech"})
    assert answer.status_code == 401


def test_a_role_without_the_scope_may_not_create(world: World) -> None:
    member = world.person(Role.MEMBER, session=True)
    answer = member.post("/sentry-apps/", {"organization": "acme"})
    assert answer.json() == {"detail": "You do not have permission to perform this action."}


def test_a_superuser_may_create_anywhere_and_give_any_scope(world: World) -> None:
    body = {**KANBAN, "scopes": ["org:admin", "org:ci"], "events": [], "popularity": 7}
    created = world.superuser().post("/sentry-apps/", body)
    assert (created.status_code, created.json()["popularity"]) == (201, 7)
