"""The one way in which control changes what regions replicate: a newer version, and a message to each that cares.

Owns interest: which region holds what. A region holds the installations of its organizations and their tokens, the
apps of those installations, the apps that its organizations own, and every published app.

Who changes an app, its installations or tokens, one row or many, locks the app first: a foreign key may lock it later.
So no two writers wait for each other, and interest is judged while nobody else can change it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.record import Tombstone
from control_silo.models.region import OrganizationReplica, Region
from shared.category import Category
from shared.consistency import note_written
from shared.database.locking import await_writers
from shared.database.model import table_of, tuples_of
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppStatus
from shared.outbox.enqueue import enqueue


def regions_of_app(app: SentryApp) -> set[str]:
    """Regions that hold a replica of the app as it is now."""
    if app.date_deleted is None and app.is_published:
        return {region.name for region in Region.select(Region.name)}
    installed = SentryAppInstallation.select(SentryAppInstallation.organization_id).where(
        SentryAppInstallation.sentry_app == app, SentryAppInstallation.date_deleted.is_null()
    )
    places = OrganizationReplica.select(OrganizationReplica.region_name).where(
        (OrganizationReplica.id == app.owner_id) | OrganizationReplica.id.in_(installed)
    )
    return {place.region_name for place in places}


def region_of_organization(organization_id: int) -> str | None:
    """Name of the region where the organization lives; None when control knows no such organization."""
    place = OrganizationReplica.get_or_none(OrganizationReplica.id == organization_id)
    return place.region_name if place else None


def app_changed(tx: Transaction, app: SentryApp, *, now: datetime, regions_before: Iterable[str] = ()) -> None:
    """Gives the app a newer version and tells every region that holds it, or held it before the change.

    A region that no longer cares is told too: it then receives a tombstone.
    """
    app.version = _next_version(tx, SentryApp, app.id)
    destinations = regions_of_app(app) | set(regions_before)
    enqueue(tx, Category.APP, [app.id], destinations=destinations, now=now)
    note_written(tx, Category.APP, app.id, app.version)


def installation_changed(tx: Transaction, installation: SentryAppInstallation, *, now: datetime) -> None:
    """Gives the installation a newer version and tells its organization's region."""
    installation.version = _next_version(tx, SentryAppInstallation, installation.id)
    region = region_of_organization(installation.organization_id)
    enqueue(tx, Category.INSTALLATION, [installation.id], destinations=[region] if region else [], now=now)
    note_written(tx, Category.INSTALLATION, installation.id, installation.version)


def subscriptions_changed(tx: Transaction, app: SentryApp, *, now: datetime) -> None:
    """Sends each installation of the app again, since it carries the app's webhook url and events."""
    live = (SentryAppInstallation.sentry_app == app) & SentryAppInstallation.date_deleted.is_null()
    SentryAppInstallation.update(version=SentryAppInstallation.version + 1).where(live).execute()
    rows = tuples_of(
        SentryAppInstallation.select(
            SentryAppInstallation.id, SentryAppInstallation.version, OrganizationReplica.region_name
        )
        .join(OrganizationReplica, on=(OrganizationReplica.id == SentryAppInstallation.organization_id))
        .where(live)
    )
    by_region: dict[str, list[int]] = {}
    for installation_id, version, region in rows:
        by_region.setdefault(region, []).append(installation_id)
        note_written(tx, Category.INSTALLATION, installation_id, version)
    for region, ids in sorted(by_region.items()):
        enqueue(tx, Category.INSTALLATION, ids, destinations=[region], now=now)


def token_changed(tx: Transaction, token: ApiToken, *, organization_id: int, now: datetime) -> None:
    """Gives the token a newer version and tells the region of the organization that it acts in."""
    token.version = _next_version(tx, ApiToken, token.id)
    region = region_of_organization(organization_id)
    enqueue(tx, Category.TOKEN, [token.id], destinations=[region] if region else [], now=now)
    note_written(tx, Category.TOKEN, token.id, token.version)


def token_deleted(tx: Transaction, token: ApiToken, *, organization_id: int, now: datetime) -> None:
    """Deletes the token's row, leaves its tombstone, and tells the region that holds the replica.

    Nothing happens when someone else deleted it meanwhile.
    """
    region = region_of_organization(organization_id)
    deleted = tx.database.rows("DELETE FROM api_token WHERE id = ? RETURNING version", (token.id,))
    if region is None or not deleted:
        return
    version = deleted[0][0] + 1
    Tombstone.create(category=Category.TOKEN, object_id=token.id, version=version, destination=region)
    enqueue(tx, Category.TOKEN, [token.id], destinations=[region], now=now)
    note_written(tx, Category.TOKEN, token.id, version)


def region_added(tx: Transaction, region: str, *, now: datetime) -> None:
    """Tells a new region of every published app."""
    # An app that is being published in another transaction does not see the new region, nor this one that app.
    # So wait for such transactions; those that begin later see the region.
    await_writers(tx, SentryApp)
    published = SentryApp.select(SentryApp.id).where(
        SentryApp.status == int(SentryAppStatus.PUBLISHED), SentryApp.date_deleted.is_null()
    )
    enqueue(tx, Category.APP, [app.id for app in published], destinations=[region], now=now)


def _next_version(tx: Transaction, model: type[SentryApp | SentryAppInstallation | ApiToken], object_id: int) -> int:
    """Counts up under the row's lock, so that versions follow the order of commits."""
    table = table_of(model)
    rows: Sequence[tuple[int]] = tx.database.rows(
        f'UPDATE "{table}" SET version = version + 1 WHERE id = ? RETURNING version',  # noqa: S608 - a table of ours
        (object_id,),
    )
    return rows[0][0]
