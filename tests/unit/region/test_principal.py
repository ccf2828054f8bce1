"""What control sends of a principal is what a region reads."""

from datetime import UTC, datetime

from region_silo.services.principal import read_principal
from shared.domain.scopes import Role
from shared.pb.hybridcloud.users.v1 import principal_pb2, user_pb2


def test_what_control_did_not_say_is_none() -> None:
    principal = read_principal(principal_pb2.Principal(user=user_pb2.RpcUser(id=1)))
    assert (principal.token_id, principal.acting_app, principal.expires_at, principal.joined_at) == (None,) * 4
    assert principal.is_session


def test_a_role_allows_what_control_says_that_it_does() -> None:
    message = principal_pb2.Principal(user=user_pb2.RpcUser(id=1))
    message.memberships.add(organization_id=1, role="member", scopes=["org:read", "org:future"])
    principal = read_principal(message)
    assert principal.role_in(1) is Role.MEMBER
    assert principal.scopes_in(1) == {"org:read", "org:future"}


def test_a_token_without_scopes_is_no_session() -> None:
    message = principal_pb2.Principal(user=user_pb2.RpcUser(id=1), auth=user_pb2.AuthenticatedToken(entity_id=7))
    message.expires_at.FromDatetime(datetime(2030, 1, 1, tzinfo=UTC))
    principal = read_principal(message)
    assert (principal.is_session, principal.token_id, principal.token_scopes) == (False, 7, frozenset())
    assert principal.expires_at == datetime(2030, 1, 1, tzinfo=UTC)
