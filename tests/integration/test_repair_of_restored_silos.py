"""Repair where silos were restored or copied: what control has lost, what cannot be repaired, what two silos own."""

from typing import Any

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from region_silo.models.organization import Organization
from region_silo.models.replica import AppReplica, InstallationReplica
from shared.category import Category
from shared.cli.access import Access
from shared.cli.compare import Comparer
from shared.cli.repair import Finding, await_equal, look, repair
from shared.outbox.change import change
from shared.outbox.difference import Difference
from shared.outbox.edition import Edition
from shared.outbox.repair import MAX_ID, MAX_VERSION
from tests.silos import Silos, fresh


def differences(comparer: Comparer) -> list[Difference]:
    return [each for finding in found(comparer) for each in finding.differences]


def found(comparer: Comparer) -> list[Finding]:
    return look(comparer, is_deep=False, settle_seconds=0)


def create_app(silos: Silos) -> SentryApp:
    name = fresh("acme")
    owner, creator = silos.create_organization(name, region="us"), silos.create_user(f"maker@{name}.example")
    app = silos.create_app(name, owner=owner, creator=creator)
    silos.replicate()
    return app


def hold(silos: Silos, app: SentryApp, **changes: int) -> None:
    with silos.database("us").transaction():
        held: dict[str, Any] = AppReplica.select().where(AppReplica.id == app.id).dicts().get()  # type: ignore[assignment]
        AppReplica.insert({**held, **changes}).execute()


def test_no_new_object_gets_the_id_of_one_that_was_buried(silos: Silos, access: Access, comparer: Comparer) -> None:
    app = create_app(silos)
    hold(silos, app, id=app.id + 1, version=7)
    repair(access, comparer, found(comparer))
    silos.replicate()
    assert differences(comparer) == []
    assert create_app(silos).id > app.id + 1
    assert differences(comparer) == []


def test_what_cannot_be_repaired_keeps_nothing_else_from_it(silos: Silos, access: Access, comparer: Comparer) -> None:
    app = create_app(silos)
    hold(silos, app, id=MAX_ID + 1)
    hold(silos, app, id=app.id + 1, version=MAX_VERSION + 1)
    with silos.database("us").transaction():
        AppReplica.delete().where(AppReplica.id == app.id).execute()
    repair(access, comparer, found(comparer))
    silos.replicate()
    assert [each.object_id for each in differences(comparer)] == [app.id + 1, MAX_ID + 1]
    with silos.database("us").transaction():
        AppReplica.delete().where(AppReplica.id.in_([app.id + 1, MAX_ID + 1])).execute()


def test_an_organization_that_two_regions_own_is_not_equal(silos: Silos, comparer: Comparer) -> None:
    organization = silos.create_organization(fresh("acme"), region="de")
    silos.replicate()
    with silos.database("de").session():
        row: dict[str, Any] = Organization.select().where(Organization.id == organization.id).dicts().get()  # type: ignore[assignment]
    with silos.database("us").transaction() as tx:
        Organization.insert(row).execute()
        change(tx, Category.ORGANIZATION, [organization.id])
    (difference,) = differences(comparer)
    assert (difference.object_id, difference.kind) == (organization.id, "altered")
    with silos.database("us").transaction():
        Organization.delete().where(Organization.id == organization.id).execute()
        Edition.delete().where(Edition.object_id == organization.id).execute()


def test_a_silo_that_is_away_for_a_moment_does_not_end_the_wait(
    silos: Silos, access: Access, comparer: Comparer
) -> None:
    app = create_app(silos)
    with silos.database("us").transaction():
        AppReplica.delete().where(AppReplica.id == app.id).execute()
    before = found(comparer)
    repair(access, comparer, before)
    silos.stop("us")
    away = await_equal(comparer, before, is_deep=False, seconds=0)
    assert [(finding.side.holder, len(finding.differences)) for finding in away if finding.error] == [("us", 1)]
    silos.start("us")
    silos.replicate()
    assert all(finding.is_equal for finding in await_equal(comparer, away, is_deep=False, seconds=0))


def test_a_change_of_an_organization_that_control_has_lost_deletes_nothing(silos: Silos) -> None:
    app = create_app(silos)
    with silos.control.database.session():
        owner = OrganizationReplica.get_by_id(app.owner_id)
    installation = silos.install(app, organization=owner)
    silos.replicate()
    with silos.control.database.transaction() as tx:
        OrganizationReplica.delete().where(OrganizationReplica.id == owner.id).execute()
        SentryAppInstallation.update(uuid="changed").where(SentryAppInstallation.id == installation.id).execute()
        change(tx, Category.INSTALLATION, [installation.id])
    silos.replicate()
    with silos.database("us").session():
        held = InstallationReplica.get_by_id(installation.id)
    assert (held.uuid, held.version, held.tombstone) == ("changed", 2, False)
