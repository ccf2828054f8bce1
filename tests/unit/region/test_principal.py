import pytest

from region_silo.services.principal import ActingApp, Membership, Principal
from shared.domain.scopes import ALL_SCOPES, Role
from shared.pb.hybridcloud.users.v1 import principal_pb2, user_pb2

ACME, GLOBEX = 1, 2


def _person(
    role: Role = Role.MEMBER, *, scopes: list[str] | None = None, is_superuser: bool = False, is_staff: bool = False
) -> Principal:
    return Principal(
        user=user_pb2.RpcUser(id=1, is_superuser=is_superuser, is_staff=is_staff),
        memberships=(Membership(organization_id=ACME, role=role, scopes=role.scopes),),
        token=None if scopes is None else user_pb2.AuthenticatedToken(scopes=scopes),
    )


def _app(*scopes: str) -> Principal:
    return Principal(
        user=user_pb2.RpcUser(id=2, is_sentry_app=True),
        token=user_pb2.AuthenticatedToken(scopes=scopes),
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


def test_what_control_did_not_say_is_none() -> None:
    principal = Principal.from_message(principal_pb2.Principal(user=user_pb2.RpcUser(id=1)))
    assert (principal.token, principal.acting_app, principal.expires_at, principal.joined_at) == (None,) * 4
    assert principal.is_session
