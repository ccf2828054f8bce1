"""What a change leaves for the regions and for its reader."""

import pytest

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.services.delete import delete_app
from control_silo.services.internal_token import create_internal_token
from control_silo.services.issue_token import delete_token_row
from control_silo.services.update_app import SentryAppUpdater
from region_silo.models.replica import TokenReplica
from shared.category import Category
from shared.consistency import WrittenVersion, collecting
from shared.outbox.edition import Edition
from tests.silos import Silos, fresh


@pytest.fixture
def app(silos: Silos) -> SentryApp:
    owner = silos.create_organization(fresh("acme"), region="us")
    creator = silos.create_user(f"{fresh('dev')}@acme.example", organization_id=owner.id)
    app = silos.create_app(fresh("Kanban"), owner=owner, creator=creator)
    silos.install(app, organization=owner)
    return app


@pytest.fixture
def installation(silos: Silos, app: SentryApp) -> SentryAppInstallation:
    with silos.control.database.session():
        return app.installations.get()


@pytest.fixture
def token(silos: Silos, app: SentryApp, installation: SentryAppInstallation) -> ApiToken:
    with silos.control.database.transaction() as tx:
        return create_internal_token(tx, app, installation, now=silos.clock.now()).row


def delete_token(silos: Silos, token: ApiToken) -> None:
    with silos.control.database.transaction() as tx:
        delete_token_row(tx, token)


def test_a_change_of_a_subscription_names_the_installations_in_the_readers_token(
    silos: Silos, app: SentryApp, installation: SentryAppInstallation
) -> None:
    change = SentryAppUpdater(columns={"webhook_url": "https://kanban.example/moved"})
    with collecting() as written:
        change.run(silos.control, app_id=app.id, is_elevated=False)
    assert written == [
        WrittenVersion(Category.INSTALLATION, installation.id, 2),
        WrittenVersion(Category.APP, app.id, silos.version(Category.APP, app.id)),
    ]


def test_a_token_deleted_twice_has_one_tombstone_newer_than_its_replica(silos: Silos, token: ApiToken) -> None:
    before = silos.version(Category.TOKEN, token.id)
    delete_token(silos, token)
    delete_token(silos, token)
    assert silos.version(Category.TOKEN, token.id) == before + 1
    with silos.control.database.session():
        edition = Edition.get(Edition.category == Category.TOKEN, Edition.object_id == token.id)
    assert edition.state is None


def test_deleting_an_app_takes_its_tokens_out_of_the_regions(silos: Silos, app: SentryApp, token: ApiToken) -> None:
    silos.replicate()
    actor = silos.create_user(f"{fresh('root')}@acme.example")
    delete_app(silos.control, app_id=app.id, actor=actor)
    silos.replicate()
    with silos.database("us").session():
        assert TokenReplica.get_by_id(token.id).tombstone


def test_an_update_saves_what_it_changed_and_nothing_else(silos: Silos, app: SentryApp) -> None:
    before = silos.version(Category.APP, app.id)
    SentryAppUpdater(columns={"name": "Board"}).run(silos.control, app_id=app.id, is_elevated=False)
    with silos.control.database.session():
        saved = SentryApp.get_by_id(app.id)
    assert (saved.name, saved.slug) == ("Board", app.slug)
    assert silos.version(Category.APP, app.id) == before + 1
