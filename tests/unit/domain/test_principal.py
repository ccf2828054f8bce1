from dataclasses import dataclass

import pytest

from shared.domain.principal import ActingApp, Membership, Principal
from shared.domain.scopes import ALL_SCOPES, Role

ACME, GLOBEX = 1, 2


@dataclass(frozen=True)
class Account:
    """A user of no silo in particular."""

    is_superuser: bool = False
    is_staff: bool = False


def _person(
    role: Role = Role.MEMBER, *, scopes: list[str] | None = None, is_superuser: bool = False, is_staff: bool = False
) -> Principal[Account]:
    return Principal(
        user=Account(is_superuser=is_superuser, is_staff=is_staff),
        memberships=(Membership(organization_id=ACME, role=role, scopes=role.scopes),),
        token_scopes=None if scopes is None else frozenset(scopes),
    )


def _app(*scopes: str) -> Principal[Account]:
    return Principal(
        user=Account(),
        token_scopes=frozenset(scopes),
        acting_app=ActingApp(app_id=1, organization_id=ACME),
    )


@pytest.mark.parametrize("role", Role)
def test_a_session_may_what_the_role_allows(role: Role) -> None:
    assert _person(role).scopes_in(ACME) == role.scopes
    assert _person(role).scopes_in(GLOBEX) == frozenset()


def test_a_token_allows_no_more_than_the_role_and_itself() -> None:
    person = _person(Role.MEMBER, scopes=["org:read", "org:admin"])
    assert person.scopes_in(ACME) == {"org:read"}


def test_an_app_may_what_its_token_says_where_it_is_installed() -> None:
    app = _app("event:read")
    assert app.scopes_in(ACME) == {"event:read"}
    assert app.scopes_in(GLOBEX) == frozenset()
    assert (app.sees(ACME), app.sees(GLOBEX), app.is_member(ACME)) == (True, False, False)


def test_a_superuser_may_everything_everywhere() -> None:
    superuser = _person(scopes=[], is_superuser=True)
    assert superuser.scopes_in(GLOBEX) == ALL_SCOPES
    assert superuser.sees(GLOBEX)
    assert superuser.passes({"org:admin"})


def test_staff_are_elevated_but_hold_no_scopes_by_it() -> None:
    staff = _person(is_staff=True)
    assert (staff.is_elevated, staff.sees(GLOBEX), staff.scopes_in(GLOBEX)) == (True, False, frozenset())


def test_a_token_passes_where_it_has_one_of_the_scopes() -> None:
    assert _app("event:read").passes({"event:read", "event:admin"})
    assert not _app("event:read").passes({"org:read"})
    assert _person().passes({"org:admin"})


def test_an_app_is_a_member_of_nothing_and_acts_in_one_organization() -> None:
    assert (_app().member_organization_ids, _app().own_organization_ids) == ([], [ACME])
    assert (_person().member_organization_ids, _person().own_organization_ids) == ([ACME], [ACME])


def test_an_app_that_is_installed_nowhere_here_sees_nothing() -> None:
    app = Principal(user=Account(), token_scopes=ALL_SCOPES, acting_app=ActingApp(app_id=1, organization_id=None))
    assert (app.own_organization_ids, app.sees(ACME), app.scopes_in(ACME)) == ([], False, frozenset())


def test_a_superuser_s_token_takes_nothing_from_them() -> None:
    assert _person(scopes=["org:read"], is_superuser=True).holds({"org:admin"}, organization_id=GLOBEX)


def test_what_no_scope_allows_a_superuser_alone_may() -> None:
    assert _person(is_superuser=True).holds((), organization_id=ACME)
    assert not _person(Role.OWNER).holds((), organization_id=ACME)
