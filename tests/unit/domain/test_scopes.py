from itertools import accumulate, pairwise
from operator import or_

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.scopes import (
    ALL_SCOPES,
    TOKEN_ONLY_SCOPES,
    Role,
    close_scopes,
    exceeding_scopes,
    group_scopes,
    is_valid_scope,
    missing_scopes,
)

SPECIFIED = """
    org:read org:write org:admin org:integrations org:ci member:invite member:read member:write member:admin
    team:read team:write team:admin project:read project:write project:admin project:releases project:distribution
    event:read event:write event:admin alerts:read alerts:write openid profile email
"""
GRANTS = {
    Role.MEMBER: """
        event:read event:write event:admin project:read project:releases org:read member:invite member:read team:read
        alerts:read alerts:write
    """,
    Role.ADMIN: "project:write project:admin team:write team:admin org:integrations",
    Role.MANAGER: "org:write member:write member:admin",
    Role.OWNER: "org:admin",
}
"""What each role adds to the one before it (spec §7)."""
SCOPE_SETS = st.frozensets(st.sampled_from(sorted(ALL_SCOPES)))


@given(SCOPE_SETS)
def test_closing_is_sorted_idempotent_and_only_adds(scopes: frozenset[str]) -> None:
    closed = close_scopes(scopes)
    assert closed == sorted(set(closed))
    assert close_scopes(closed) == closed
    assert scopes <= set(closed) <= ALL_SCOPES


@given(SCOPE_SETS, SCOPE_SETS)
def test_closing_a_union_is_the_union_of_closures(some: frozenset[str], others: frozenset[str]) -> None:
    assert set(close_scopes(some | others)) == set(close_scopes(some)) | set(close_scopes(others))


def test_there_is_every_scope_of_the_specification_and_no_other() -> None:
    assert set(SPECIFIED.split()) == ALL_SCOPES


@pytest.mark.parametrize("scope", SPECIFIED.split())
def test_writing_includes_reading_and_administering_both(scope: str) -> None:
    resource, _, action = scope.partition(":")
    weaker = {"write": ["read"], "admin": ["read", "write"]}.get(action, [])
    assert {f"{resource}:{each}" for each in weaker} <= set(close_scopes([scope]))


def test_each_role_grants_what_the_specification_says() -> None:
    grants = accumulate((frozenset(GRANTS[role].split()) for role in Role), or_)
    assert [role.scopes for role in Role] == list(grants)


@pytest.mark.parametrize(
    ("scope", "closed"),
    [
        ("event:write", ["event:read", "event:write"]),
        ("team:admin", ["team:admin", "team:read", "team:write"]),
        ("org:admin", ["org:admin", "org:integrations", "org:read", "org:write"]),
        ("member:invite", ["member:invite", "member:read"]),
        ("member:write", ["member:invite", "member:read", "member:write"]),
        ("project:releases", ["project:releases"]),
        ("unheard:of", ["unheard:of"]),
    ],
)
def test_a_scope_brings_what_it_implies(scope: str, closed: list[str]) -> None:
    assert close_scopes([scope]) == closed


def test_every_stronger_role_holds_all_that_the_weaker_one_holds() -> None:
    assert all(weaker.scopes < stronger.scopes for weaker, stronger in pairwise(Role))


def test_the_member_role_reads_the_organization_and_works_on_events() -> None:
    assert close_scopes(Role.MEMBER.scopes) == [
        "alerts:read",
        "alerts:write",
        "event:admin",
        "event:read",
        "event:write",
        "member:invite",
        "member:read",
        "org:read",
        "project:read",
        "project:releases",
        "team:read",
    ]


def test_only_an_owner_administers_the_organization() -> None:
    assert [role for role in Role if "org:admin" in role.scopes] == [Role.OWNER]


def test_a_manager_writes_the_organization_and_all_members() -> None:
    assert {"org:write", "org:integrations", "member:admin", "team:admin"} <= Role.MANAGER.scopes


def test_no_role_grants_what_only_tokens_hold() -> None:
    assert not Role.OWNER.scopes & {*TOKEN_ONLY_SCOPES, "org:ci", "openid", "profile", "email"}


@pytest.mark.parametrize("role", list(Role))
def test_scopes_of_a_role_are_closed(role: Role) -> None:
    assert set(close_scopes(role.scopes)) == role.scopes


@given(SCOPE_SETS)
def test_an_owner_lacks_nothing_that_could_keep_him_from_his_apps_secret(scopes: frozenset[str]) -> None:
    identity = {"openid", "profile", "email"}
    assert missing_scopes(scopes - identity, held=Role.OWNER.scopes) == []


def test_missing_scopes_are_sorted_and_count_implied_ones_as_held() -> None:
    assert missing_scopes(["team:write", "org:admin", "event:read"], held=["event:write"]) == [
        "org:admin",
        "team:write",
    ]


def test_a_requester_may_keep_what_the_app_has_and_give_token_only_scopes() -> None:
    requested = ["org:admin", "project:distribution", "team:read", "org:ci"]
    assert exceeding_scopes(requested, held=["team:write"], current=["org:admin"]) == ["org:ci"]


def test_exceeding_scopes_keep_the_order_of_the_request() -> None:
    assert exceeding_scopes(["team:read", "event:read", "team:read"], held=[]) == ["team:read", "event:read"]


@given(st.text())
def test_only_listed_scopes_are_valid(text: str) -> None:
    assert is_valid_scope(text) == (text in ALL_SCOPES)


def test_grouping_orders_actions_by_strength() -> None:
    assert group_scopes(["org:ci", "org:admin", "org:read", "email"]) == {"email": [], "org": ["read", "admin", "ci"]}
