"""What was stored before a migration means the same after it."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import control_silo.bootstrap
import region_silo.bootstrap
from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica, RegisteredRegion
from region_silo.models.hook import ServiceHook
from shared.category import Category
from shared.clock import FrozenClock
from shared.database.connect import connect
from shared.database.database import Database
from shared.database.migrating import apply_migrations
from shared.domain.subscription import expand_events
from shared.outbox.edition import versions_of
from shared.outbox.message import OutboxMessage, migrate_outbox
from tests.old_row import insert_old

NOW = FrozenClock().now()
STORED = [expand_events(["issue", "seer", "comment.created"]), ["issue.created"], []]
ASKED = [["comment.created", "issue", "seer"], ["issue.created"], []]
Old = Callable[[Path, str], Database]


@pytest.fixture
def old(database_url: str, tmp_path: Path) -> Iterator[Old]:
    """Makes the database of a silo as it was before a migration, and those after it."""
    with contextlib.closing(connect(database_url, create=True)) as database:

        def make(migrations: Path, before: str) -> Database:
            folder = tmp_path / "old"
            shutil.copytree(migrations, folder, ignore=lambda _, names: [each for each in names if each >= before])
            migrate_outbox(database)
            apply_migrations(database, folder)
            return database

        yield make


@pytest.fixture
def control(old: Old) -> Database:
    """An app for each subscription, as it was stored, installed in us."""
    database = old(control_silo.bootstrap.MIGRATIONS, "0011")
    with database.transaction():
        insert_old(
            RegisteredRegion(name="us", grpc_address="a:1", http_address="a:2", identity="0" * 32, registered_at=NOW)
        )
        acme = OrganizationReplica(id=1, version=1, slug="acme", name="Acme", region_name="us", status="active")
        insert_old(acme)
        for number, events in enumerate(STORED, start=1):
            names = {"name": f"App {number}", "slug": f"app-{number}", "events": events}
            insert_old(
                SentryApp(**names, id=number, owner_id=1, date_added=NOW, date_updated=NOW),
                version=1,
            )
            installed = {"sentry_app": number, "organization_id": 1, "date_added": NOW, "date_updated": NOW}
            insert_old(SentryAppInstallation(id=number, **installed), version=1)
    control_silo.bootstrap.migrate(database)
    return database


def test_an_app_that_had_every_event_of_a_resource_has_the_resource(control: Database) -> None:
    with control.session():
        apps = list(SentryApp.select().order_by(SentryApp.id))
    assert [app.events for app in apps] == ASKED
    assert [app.expanded_events for app in apps] == STORED


def test_regions_are_told_anew_of_whoever_hears_of_anything(control: Database) -> None:
    with control.session():
        due = {(each.destination, each.object_id) for each in OutboxMessage.select() if each.category == "installation"}
        versions = versions_of(Category.INSTALLATION, [1, 2, 3])
    assert (due, versions) == ({("us", 1), ("us", 2)}, {1: 2, 2: 2, 3: 1})


def test_a_hook_that_had_every_event_of_a_resource_has_the_resource(old: Old) -> None:
    database = old(region_silo.bootstrap.MIGRATIONS, "0010")
    with database.transaction():
        for number, events in enumerate(STORED):
            ServiceHook.create(guid=str(number), secret="s", actor_id=1, url="https://a.example", events=events)
    region_silo.bootstrap.migrate(database)
    with database.session():
        assert [hook.events for hook in ServiceHook.select().order_by(ServiceHook.id)] == ASKED
