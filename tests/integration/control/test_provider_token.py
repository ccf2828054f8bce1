import pytest

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation, SentryAppInstallationForProvider
from control_silo.models.region import OrganizationReplica
from control_silo.models.user import User
from control_silo.services.authentication import authenticate_token
from control_silo.services.delete import uninstall
from control_silo.services.internal_token import delete_token
from control_silo.services.update_app import rotate_secret
from shared.errors import CallerNotOwner, InstallationNotFound
from shared.pb.hybridcloud.apps.v1 import app_service_pb2 as pb
from tests.silos import Silos, fresh


@pytest.fixture
def acme(silos: Silos) -> OrganizationReplica:
    return silos.create_organization(fresh("acme"), region="us")


@pytest.fixture
def owner(silos: Silos, acme: OrganizationReplica) -> User:
    return silos.create_user(fresh("owner@acme.example"), organization_id=acme.id)


@pytest.fixture
def app(silos: Silos, acme: OrganizationReplica, owner: User) -> SentryApp:
    return silos.create_app(fresh("Deployer"), owner=acme, creator=owner, is_internal=True)


@pytest.fixture
def installation(silos: Silos, app: SentryApp) -> SentryAppInstallation:
    """Linked to the provider."""
    with silos.control.database.session():
        installation = SentryAppInstallation.get(SentryAppInstallation.sentry_app == app)
    link(silos, installation)
    return installation


def link(silos: Silos, installation: SentryAppInstallation, *, silo: str = "control", caller: str = "us") -> None:
    organization_id = installation.organization_id
    request = pb.LinkProviderRequest(organization_id=organization_id, uuid=installation.uuid, provider="vercel")
    silos.ask(silo, request, caller=caller)


def find_token(silos: Silos, organization: OrganizationReplica, *, silo: str = "control") -> str | None:
    request = pb.GetInstallationTokenRequest(organization_id=organization.id, provider="vercel")
    answer = silos.ask(silo, request)
    return answer.token if answer.HasField("token") else None


def test_no_region_learns_the_token_of_another_ones_organization(
    silos: Silos, acme: OrganizationReplica, installation: SentryAppInstallation
) -> None:
    request = pb.GetInstallationTokenRequest(organization_id=acme.id, provider="vercel")
    assert silos.ask("control", request, caller="us").token
    with pytest.raises(CallerNotOwner):
        silos.ask("control", request, caller="de")


def count_tokens(silos: Silos, app: SentryApp) -> int:
    with silos.control.database.session():
        return int(ApiToken.select().where(ApiToken.application == app.application_id).count())


def test_the_token_of_a_provider_is_answered_and_acts_for_the_installation(
    silos: Silos, acme: OrganizationReplica, app: SentryApp, installation: SentryAppInstallation
) -> None:
    token = find_token(silos, acme)
    assert token
    with silos.control.database.session():
        acting = authenticate_token(silos.control, token).acting_app
    assert acting
    assert (acting.app_id, acting.organization_id) == (app.id, acme.id)


@pytest.mark.usefixtures("installation")
def test_a_region_asks_control_for_it(silos: Silos, acme: OrganizationReplica) -> None:
    assert find_token(silos, acme, silo="us") == find_token(silos, acme)


@pytest.mark.usefixtures("app")
def test_without_a_link_there_is_none(silos: Silos, acme: OrganizationReplica) -> None:
    assert find_token(silos, acme) is None


@pytest.mark.usefixtures("installation")
def test_the_token_is_stored_sealed(silos: Silos, acme: OrganizationReplica) -> None:
    token = find_token(silos, acme)
    assert token
    with silos.control.database.session():
        assert token not in repr(list(ApiToken.select().dicts()))


@pytest.mark.usefixtures("installation")
def test_a_new_secret_of_the_app_seals_it_anew(
    silos: Silos, acme: OrganizationReplica, app: SentryApp, owner: User
) -> None:
    token = find_token(silos, acme)
    rotate_secret(silos.control, app_id=app.id, actor=owner)
    assert find_token(silos, acme) == token


def test_linking_again_makes_no_other_token(
    silos: Silos, acme: OrganizationReplica, app: SentryApp, installation: SentryAppInstallation
) -> None:
    token = find_token(silos, acme)
    link(silos, installation)
    assert (find_token(silos, acme), count_tokens(silos, app)) == (token, 1)


def test_another_installation_may_take_the_providers_place(
    silos: Silos, acme: OrganizationReplica, owner: User, installation: SentryAppInstallation
) -> None:
    before = find_token(silos, acme)
    other = silos.create_app(fresh("Other"), owner=acme, creator=owner)
    link(silos, silos.install(other, organization=acme))
    assert find_token(silos, acme) not in (before, None)


@pytest.mark.usefixtures("installation")
def test_a_token_that_was_deleted_is_not_answered(
    silos: Silos, acme: OrganizationReplica, app: SentryApp, owner: User
) -> None:
    with silos.control.database.session():
        token = ApiToken.get(ApiToken.application == app.application_id)
    delete_token(silos.control, app_id=app.id, token_id=token.id, actor=owner)
    assert find_token(silos, acme) is None


def test_an_uninstalled_app_stands_for_no_provider(
    silos: Silos, acme: OrganizationReplica, owner: User, installation: SentryAppInstallation
) -> None:
    uninstall(silos.control, uuid=installation.uuid, actor=owner)
    assert find_token(silos, acme) is None
    with silos.control.database.session():
        links = SentryAppInstallationForProvider.select()
        assert not links.where(SentryAppInstallationForProvider.organization_id == acme.id).exists()


def test_whoever_is_no_silo_links_a_provider_through_the_region_of_the_organization(
    silos: Silos, acme: OrganizationReplica, installation: SentryAppInstallation, owner: User
) -> None:
    before = find_token(silos, acme)
    other = silos.create_app(fresh("Other"), owner=acme, creator=owner)
    link(silos, silos.install(other, organization=acme), silo="us", caller="operator:cli")
    assert find_token(silos, acme, silo="us") not in (before, None)


def test_no_region_links_a_provider_in_another_ones_organization(
    silos: Silos, installation: SentryAppInstallation
) -> None:
    with pytest.raises(CallerNotOwner):
        link(silos, installation, caller="de")


def test_a_provider_is_linked_to_an_installation_of_its_organization_alone(
    silos: Silos, installation: SentryAppInstallation
) -> None:
    globex = silos.create_organization(fresh("globex"), region="us")
    request = pb.LinkProviderRequest(organization_id=globex.id, uuid=installation.uuid, provider="vercel")
    with pytest.raises(InstallationNotFound):
        silos.ask("control", request)
