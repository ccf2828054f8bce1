"""What an exchange checks of the client itself, in this order; over HTTP only some of it can be wrong."""

from dataclasses import dataclass

import pytest

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiApplication
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.user import User
from control_silo.services.exchange import GrantExchanger
from control_silo.services.update_app import rotate_secret
from shared.errors import AppNotFound, CredentialsInvalid, InstallationNotFound, SiloError
from tests.silos import Silos, fresh


@dataclass(frozen=True)
class Exchange:
    """A code that is about to be exchanged."""

    silos: Silos
    owner: User
    app: SentryApp
    installation: SentryAppInstallation
    application: ApiApplication

    def refusal(self, *, kind: type[SiloError] = SiloError, uuid: str | None = None) -> str:
        exchanger = GrantExchanger(
            application=self.application, installation_uuid=uuid or self.installation.uuid, code="f" * 64
        )
        with pytest.raises(kind) as refused:
            exchanger.run(self.silos.control)
        return refused.value.message


@pytest.fixture
def exchange(silos: Silos) -> Exchange:
    acme = silos.create_organization(fresh("acme"), region="us")
    owner = silos.create_user(fresh("owner@acme.example"), organization_id=acme.id)
    app = silos.create_app(fresh("Kanban"), owner=acme, creator=owner)
    installation = silos.install(app, organization=acme)
    with silos.control.database.session():
        application = ApiApplication.get_by_id(app.application_id)
    return Exchange(silos, owner, app, installation, application)


def change(exchange: Exchange, **fields: object) -> None:
    with exchange.silos.control.database.transaction():
        SentryApp.update(**fields).where(SentryApp.id == exchange.app.id).execute()
    exchange.silos.mend_editions()


def test_only_a_proxy_exchanges(exchange: Exchange) -> None:
    exchange.application.owner = exchange.owner
    assert exchange.refusal() == "User is not a Sentry App(custom integration)"


def test_only_the_apps_own_proxy_exchanges(exchange: Exchange) -> None:
    change(exchange, proxy_user=None)
    exchange.application.is_active = False
    assert exchange.refusal() == "Integration does not belong to given user"


def test_only_an_active_client_exchanges(exchange: Exchange) -> None:
    exchange.application.is_active = False
    assert exchange.refusal() == "Application is not active"


def test_only_for_its_own_installation(exchange: Exchange) -> None:
    globex = exchange.silos.create_organization(fresh("globex"), region="us")
    other = exchange.silos.create_app(fresh("Other"), owner=globex, creator=exchange.owner)
    uuid = exchange.silos.install(other, organization=globex).uuid
    assert exchange.refusal(uuid=uuid) == f"Given installation is not for integration: {exchange.app.slug}"


def test_a_secret_that_was_rotated_meanwhile_is_good_for_nothing(exchange: Exchange) -> None:
    rotate_secret(exchange.silos.control, app_id=exchange.app.id, actor=exchange.owner)
    assert exchange.refusal(kind=CredentialsInvalid) == "Invalid Client ID / Secret pair"


def test_what_was_deleted_meanwhile_is_not_found(exchange: Exchange) -> None:
    assert exchange.refusal(kind=InstallationNotFound, uuid="nothing") == InstallationNotFound().message
    change(exchange, application=None)
    assert exchange.refusal(kind=AppNotFound) == AppNotFound().message
