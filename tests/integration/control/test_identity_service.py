"""What control tells a region about people: who they are, and of their organizations only that region's own."""

import pytest

from control_silo.models.installation import SentryAppInstallation
from control_silo.models.user import Member
from control_silo.services.internal_token import create_internal_token
from control_silo.services.organization import get_organization
from control_silo.services.user import NewUser, UserCreator
from shared.domain.credential import Credential, CredentialKind
from shared.domain.scopes import Role
from shared.errors import FieldMissing, PermissionDenied
from shared.pb.hybridcloud.users.v1 import identity_service_pb2, identity_service_pb2_grpc
from tests.silos import Silos

Request = identity_service_pb2.AuthenticateRequest


def _ask(silos: Silos, request: Request, *, caller: str = "us") -> identity_service_pb2.AuthenticateResponse:
    stub = identity_service_pb2_grpc.IdentityServiceStub(silos.channel("control", caller=caller))
    answer: identity_service_pb2.AuthenticateResponse = stub.Authenticate(request)
    return answer


def _token(text: str) -> Request:
    return Request(token_hash=Credential.of(CredentialKind.TOKEN, text).hash)


@pytest.fixture(scope="module")
def owner(module_silos: Silos) -> NewUser:
    """Owner of ``acme`` in ``us``, and a member of ``globex`` in ``de``."""
    silos = module_silos
    silos.create_organization("acme", region="us")
    globex = silos.create_organization("globex", region="de")
    user = UserCreator(email="o@acme.example", organization="acme", role=Role.OWNER).run(silos.control)
    with silos.control.database.transaction():
        Member.create(user=user.user, organization_id=globex.id, role=Role.MEMBER, created_at=silos.control.clock.now())
    return user


def test_a_region_learns_the_roles_in_its_own_organizations_alone(silos: Silos, owner: NewUser) -> None:
    for region, role in (("us", Role.OWNER), ("de", Role.MEMBER)):
        principal = _ask(silos, _token(owner.token), caller=region).principal
        (place,) = principal.memberships
        assert place.role == role
        assert set(place.scopes) == role.scopes


def test_a_token_comes_with_its_scopes(silos: Silos, owner: NewUser) -> None:
    principal = _ask(silos, _token(owner.token)).principal
    assert principal.user.email == "o@acme.example"
    assert (principal.auth.kind, principal.auth.user_id) == ("api_token", owner.user.id)
    assert set(principal.auth.scopes) == Role.OWNER.scopes
    assert not principal.HasField("expires_at")


def test_a_session_comes_without_a_token_and_with_its_end(silos: Silos, owner: NewUser) -> None:
    session = Credential.of(CredentialKind.SESSION, owner.session_key)
    principal = _ask(silos, Request(session_hash=session.hash)).principal
    assert not principal.HasField("auth")
    assert principal.HasField("expires_at")


def test_a_token_is_no_session(silos: Silos, owner: NewUser) -> None:
    session = Credential.of(CredentialKind.SESSION, owner.token)
    assert _ask(silos, Request(session_hash=session.hash)).refusal == "The session is over; sign in again."


def test_an_unknown_token_is_an_answer(silos: Silos) -> None:
    answer = _ask(silos, _token("unknown"))
    assert (answer.HasField("principal"), answer.refusal) == (False, "Invalid token")


def test_an_apps_token_names_its_organization_to_that_organizations_region_alone(silos: Silos, owner: NewUser) -> None:
    token = _app_token(silos, owner)
    here, there = (_ask(silos, _token(token), caller=region).principal.app for region in ("us", "de"))
    assert here.app_id == there.app_id
    assert here.HasField("organization_id")
    assert not there.HasField("organization_id")
    assert list(here.allowed_origins) == ["https://robot.example"]


def _app_token(silos: Silos, owner: NewUser) -> str:
    with silos.control.database.session():
        acme = get_organization("acme")
    origins = ["https://robot.example"]
    app = silos.create_app("Robot", owner=acme, creator=owner.user, is_internal=True, allowed_origins=origins)
    with silos.control.database.transaction() as tx:
        installation = SentryAppInstallation.get(SentryAppInstallation.sentry_app == app)
        return create_internal_token(tx, app, installation, now=silos.clock.now()).text


@pytest.mark.parametrize("caller", ["operator:cli", "service:billing"])
def test_only_regions_may_ask(silos: Silos, caller: str) -> None:
    with pytest.raises(PermissionDenied):
        _ask(silos, _token("any"), caller=caller)


def test_a_question_without_a_credential_is_refused(silos: Silos) -> None:
    with pytest.raises(FieldMissing):
        _ask(silos, Request())
