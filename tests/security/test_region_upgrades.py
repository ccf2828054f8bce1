"""A platform that held too much in its regions holds it no longer once it is migrated."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import control_silo.bootstrap
import region_silo.bootstrap
from control_silo.models.app import SentryApp
from control_silo.models.region import OrganizationReplica, OrganizationReservation, RegisteredRegion
from region_silo.models.organization import Organization
from region_silo.models.replica import AppReplica, CredentialReplica, InstallationReplica
from region_silo.services.find_app import whole_app
from shared.clock import FrozenClock
from shared.database.connect import connect
from shared.database.database import Database
from shared.database.migrating import apply_migrations
from shared.domain.app_status import SentryAppStatus
from shared.outbox.edition import Edition
from shared.outbox.message import OutboxMessage, migrate_outbox
from shared.pb.hybridcloud.apps.v1 import app_pb2
from tests.old_row import insert_old

NOW = FrozenClock().now()
Old = Callable[[Path], Database]


@pytest.fixture
def old(database_url: str, tmp_path: Path) -> Iterator[Old]:
    """Makes the database of a silo as it was before its ninth migration."""
    with contextlib.closing(connect(database_url, create=True)) as database:

        def make(migrations: Path) -> Database:
            folder = tmp_path / "old"
            shutil.copytree(migrations, folder, ignore=lambda _, names: [each for each in names if each >= "0009"])
            migrate_outbox(database)
            apply_migrations(database, folder)
            return database

        yield make


def create_app(number: int, *, owner_id: int, status: SentryAppStatus) -> None:
    names = {"name": f"App {number}", "slug": f"app-{number}"}
    app = SentryApp(**names, id=number, owner_id=owner_id, status=int(status), date_added=NOW, date_updated=NOW)
    insert_old(app, version=1)


def create_organization(number: int, slug: str, region: str) -> None:
    names = {"slug": slug, "name": slug, "region_name": region, "status": "active"}
    insert_old(OrganizationReplica(id=number, version=1, **names))


def create_region(name: str) -> None:
    insert_old(
        RegisteredRegion(name=name, grpc_address="a:1", http_address="a:2", identity="0" * 32, registered_at=NOW)
    )


def test_control_sends_every_app_anew_and_each_credential_where_it_is_due(old: Old) -> None:
    database = old(control_silo.bootstrap.MIGRATIONS)
    with database.transaction():
        for number, name in enumerate(("us", "de"), start=1):
            create_region(name)
            create_organization(number, f"org-{number}", name)
        create_app(1, owner_id=1, status=SentryAppStatus.PUBLISHED)
        create_app(2, owner_id=2, status=SentryAppStatus.UNPUBLISHED)
    control_silo.bootstrap.migrate(database)
    with database.session():
        due = {(each.destination, each.category, each.object_id) for each in OutboxMessage.select()}
        assert {each.version for each in Edition.select().where(Edition.category == "app")} == {2}
    apps = {("us", "app", 1), ("de", "app", 1), ("de", "app", 2)}
    assert due == apps | {("us", "credential", 1), ("de", "credential", 2)}


def test_of_two_organizations_with_a_slug_the_older_keeps_it(old: Old) -> None:
    database = old(control_silo.bootstrap.MIGRATIONS)
    with database.transaction():
        for number, slug in ((1, "acme"), (2, "acme"), (3, "acme"), (4, "beta")):
            create_organization(number, slug, "us")
        for slug in ("acme", "other"):
            OrganizationReservation.create(slug=slug, region_name="us", created_at=NOW)
    control_silo.bootstrap.migrate(database)
    with database.session():
        live = {each.id: each.slug for each in OrganizationReplica.select().where(~OrganizationReplica.tombstone)}
    assert live == {1: "acme", 2: "other", 4: "beta"}


def test_a_region_keeps_the_credentials_of_its_own_apps_alone(old: Old) -> None:
    database = old(region_silo.bootstrap.MIGRATIONS)
    with database.transaction():
        insert_old(Organization(id=1, slug="acme", name="Acme", created_at=NOW), version=1)
        for number, owner_id in ((1, 1), (2, 9), (3, 9)):
            AppReplica.create(**replica_of(number, owner_id))
        InstallationReplica.create(
            **(row(7) | {"uuid": "u", "organization_id": 1, "sentry_app_id": 3, "status": 1, "state": b""})
        )
    region_silo.bootstrap.migrate(database)
    with database.session():
        apps = {each.id: each.state for each in AppReplica.select()}
        kept = {each.id: each.state for each in CredentialReplica.select()}
    assert not any(b"hush" in state for state in apps.values())
    assert {number: whole_app(apps[number], state) for number, state in kept.items()} == {1: app_of(1), 3: app_of(3)}


def app_of(number: int) -> app_pb2.RpcSentryApp:
    application = {"id": number, "client_id": "public", "client_secret": "hush"}
    return app_pb2.RpcSentryApp(
        id=number,
        application=application,
        webhook_headers=["X-Key: hush"],
        webhook_url="https://me:hush@a.example/hook",
    )


def replica_of(number: int, owner_id: int) -> dict[str, Any]:
    found_by = {"slug": f"app-{number}", "application_id": number, "proxy_user_id": number, "owner_id": owner_id}
    return {**row(number), **found_by, "status": "published", "state": app_of(number).SerializeToString()}


def row(number: int) -> dict[str, Any]:
    return {"id": number, "version": 5, "tombstone": False, "checksum": b"", "state": b""}
