"""The one way in which control changes what regions replicate: a newer version, and a message to each that cares.

Which region cares is ``interest``'s to say.

Who changes an app, its installations or tokens, one row or many, locks the app first: a foreign key may lock it later.
So no two writers wait for each other, and interest is judged while nobody else can change it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken, AppCredential
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.record import Tombstone
from control_silo.models.region import OrganizationReplica
from control_silo.services.interest import held_in, region_of_organization, regions_of
from shared.category import Category, Owner, owned_by
from shared.consistency import note_written
from shared.database.locking import await_writers
from shared.database.model import table_of, tuples_of
from shared.database.transaction import Transaction
from shared.outbox.enqueue import enqueue


def enqueue_app(tx: Transaction, app: SentryApp, *, now: datetime, regions_before: Iterable[str] = ()) -> None:
    """Gives the app a newer version and enqueues it for every region that should hold it, or held it before the change.

    A region that no longer cares gets a tombstone.
    """
    # The version is counted in the database, not from the row that was read, which may be older than the lock.
    app.version = _next_version(tx, SentryApp, app.id)
    destinations = regions_of(Category.APP, app.id) | set(regions_before)
    enqueue(tx, Category.APP, [app.id], destinations=destinations, now=now)
    note_written(tx, Category.APP, app.id, app.version)


def enqueue_credential(tx: Transaction, app: SentryApp, *, now: datetime, regions_before: Iterable[str] = ()) -> None:
    """Gives the app's credential a newer version and enqueues it, as ``enqueue_app`` does with the app.

    For whoever changes the client secret, the custom headers or the metadata, and which organizations own the app or
    have it installed.
    """
    statement = f"""
        INSERT INTO {table_of(AppCredential)} (id, version) VALUES (?, 1)
        ON CONFLICT (id) DO UPDATE SET version = {table_of(AppCredential)}.version + 1 RETURNING version"""  # noqa: S608
    ((version,),) = tx.database.rows(statement, (app.id,))
    destinations = regions_of(Category.CREDENTIAL, app.id) | set(regions_before)
    enqueue(tx, Category.CREDENTIAL, [app.id], destinations=destinations, now=now)
    note_written(tx, Category.CREDENTIAL, app.id, version)


def enqueue_installation(tx: Transaction, installation: SentryAppInstallation, *, now: datetime) -> None:
    """Gives the installation a newer version and enqueues it for its organization's region, a deleted one too."""
    installation.version = _next_version(tx, SentryAppInstallation, installation.id)
    region = region_of_organization(installation.organization_id)
    enqueue(tx, Category.INSTALLATION, [installation.id], destinations=[region] if region else [], now=now)
    note_written(tx, Category.INSTALLATION, installation.id, installation.version)


def enqueue_installations_of(tx: Transaction, app: SentryApp, *, now: datetime) -> None:
    """Gives each installation of the app a newer version, since it carries the app's webhook url and events."""
    # One statement for any number of installations; the app's lock keeps others from being made meanwhile.
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
    # In the same order in every transaction, so that two of them never wait for each other in the outbox.
    for region, ids in sorted(by_region.items()):
        enqueue(tx, Category.INSTALLATION, ids, destinations=[region], now=now)


def enqueue_token(tx: Transaction, token: ApiToken, *, organization_id: int, now: datetime) -> None:
    """Gives the token a newer version and enqueues it for the region of the organization that it acts in."""
    token.version = _next_version(tx, ApiToken, token.id)
    region = region_of_organization(organization_id)
    enqueue(tx, Category.TOKEN, [token.id], destinations=[region] if region else [], now=now)
    note_written(tx, Category.TOKEN, token.id, token.version)


def delete_token_row(tx: Transaction, token: ApiToken, *, organization_id: int, now: datetime) -> None:
    """Deletes the token's row, leaves its tombstone, and enqueues that for the region that holds the replica.

    Nothing happens when someone else deleted it meanwhile.
    """
    region = region_of_organization(organization_id)
    # Deleting and reading the version in one statement: of two deletions one finds no row and writes no tombstone.
    deleted = tx.database.rows("DELETE FROM api_token WHERE id = ? RETURNING version", (token.id,))
    if region is None or not deleted:
        return
    # Newer than every state that a region can hold: the row's version was its last one.
    version = deleted[0][0] + 1
    Tombstone.create(category=Category.TOKEN, object_id=token.id, version=version, destination=region)
    enqueue(tx, Category.TOKEN, [token.id], destinations=[region], now=now)
    note_written(tx, Category.TOKEN, token.id, version)


def enqueue_for_new_region(tx: Transaction, region: str, *, now: datetime) -> None:
    """Enqueues all that a new region should hold: every published app."""
    # An app that is being published in another transaction does not see the new region, nor this one that app.
    # So wait for such transactions; those that begin later see the region.
    await_writers(tx, SentryApp)
    for category in owned_by(Owner.CONTROL):
        ids = [object_id for (object_id,) in tuples_of(held_in(category, region))]
        enqueue(tx, category, ids, destinations=[region], now=now)


def _next_version(tx: Transaction, model: type[SentryApp | SentryAppInstallation | ApiToken], object_id: int) -> int:
    """Counts up under the row's lock, so that versions follow the order of commits."""
    table = table_of(model)
    rows: Sequence[tuple[int]] = tx.database.rows(
        f'UPDATE "{table}" SET version = version + 1 WHERE id = ? RETURNING version',  # noqa: S608 - a table of ours
        (object_id,),
    )
    return rows[0][0]
