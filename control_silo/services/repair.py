"""Repair of what regions hold of apps, installations and tokens: each gets a version that outranks the one held."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import peewee

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation, SentryAppInstallationToken
from control_silo.models.record import Tombstone
from control_silo.models.region import OrganizationReplica, Region
from control_silo.services.control import Control
from shared.category import Category
from shared.database.locking import locked, pass_over_ids
from shared.database.model import tuples_of
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppStatus
from shared.errors import InvalidInput, RegionNotFound
from shared.outbox.enqueue import enqueue_each

_MODELS: Mapping[Category, type[SentryApp | SentryAppInstallation | ApiToken]] = {
    Category.APP: SentryApp,
    Category.INSTALLATION: SentryAppInstallation,
    Category.TOKEN: ApiToken,
}
_NOWHERE = None
"""The region of an organization that control does not know."""
Homes: TypeAlias = defaultdict[int, set[str | None]]


def repair_replicas(
    control: Control, category: Category, held: Mapping[int, int], *, destination: str
) -> Collection[int]:
    """Implements ``Repair``. What control has lost is buried: it owns these objects, so no region may keep one.

    An object of an organization that control does not know is left alone: its region may be the one that holds it.
    """
    if category not in _MODELS:
        raise InvalidInput.at("category", f"control owns no objects of {category.value}.")
    now = control.clock.now()
    with control.database.transaction() as tx:
        if not Region.select().where(Region.name == destination).exists():
            raise RegionNotFound(metadata={"region": destination})
        # A new object with the id of one that control has lost, say by a restored backup, would meet the tombstone of
        # that one, and whatever a region still knows by the id. Comes first: it may wait for whoever writes the table.
        pass_over_ids(tx, _MODELS[category], newest=max(held))
        versions = _held_rows(tx, category, held)
        homes = _homes(category, list(versions))
        unknown = {object_id for object_id, found in homes.items() if _NOWHERE in found and destination not in found}
        wanted = held.keys() - unknown
        outranked = [each for each in versions.keys() & wanted if versions[each] <= held[each]]
        for object_id in outranked:
            _set_version(tx, category, object_id, held[object_id] + 1)
        _bury(tx, {object_id: held[object_id] for object_id in held.keys() - versions.keys()}, category, destination)
        messages = {(destination, each) for each in wanted}
        # What has a newer version has it wherever it is rightly held.
        messages |= {(home, each) for each in outranked for home in homes[each] if home is not _NOWHERE}
        enqueue_each(tx, category, messages, now=now)
    return unknown


def _held_rows(tx: Transaction, category: Category, ids: Iterable[int]) -> dict[int, int]:
    """Versions by id of the objects that have rows. Their apps are locked first, as by whoever changes them."""
    wanted, model = sorted(ids), _MODELS[category]
    apps = {
        Category.APP: SentryApp.id.in_(wanted),
        Category.INSTALLATION: SentryApp.id.in_(
            SentryAppInstallation.select(SentryAppInstallation.sentry_app).where(SentryAppInstallation.id.in_(wanted))
        ),
        Category.TOKEN: SentryApp.application.in_(ApiToken.select(ApiToken.application).where(ApiToken.id.in_(wanted))),
    }
    list(locked(tx, SentryApp.select(SentryApp.id).where(apps[category]).order_by(SentryApp.id)))
    rows = model.select(model.id, model.version).where(model.id.in_(wanted)).order_by(model.id)
    return dict(tuples_of(locked(tx, rows)))


def _set_version(tx: Transaction, category: Category, object_id: int, version: int) -> None:
    model = _MODELS[category]
    model.update(version=version).where(model.id == object_id).execute()


def _bury(tx: Transaction, lost: Mapping[int, int], category: Category, destination: str) -> None:
    """Leaves a tombstone that outranks the version held of each object that has no row any more."""
    buried = Tombstone.select(Tombstone.object_id, Tombstone.version).where(
        Tombstone.category == category, Tombstone.object_id.in_(list(lost))
    )
    versions = dict(tuples_of(buried))
    rows = [
        {
            "category": category,
            "object_id": object_id,
            "version": max(held + 1, versions.get(object_id, 0)),
            "destination": destination,
        }
        for object_id, held in sorted(lost.items())
    ]
    if rows:
        Tombstone.insert_many(rows).on_conflict(
            conflict_target=[Tombstone.category, Tombstone.object_id], preserve=[Tombstone.version]
        ).execute()


def _homes(category: Category, ids: Sequence[int]) -> Mapping[int, set[str | None]]:
    """By id, the regions that rightly hold the object; ``_NOWHERE`` for those of organizations that are not known."""
    homes: defaultdict[int, set[str | None]] = defaultdict(set)
    if category is Category.APP:
        _add_homes_of_apps(homes, ids)
    elif category is Category.INSTALLATION:
        _add_homes(homes, SentryAppInstallation.id, SentryAppInstallation.select(), ids)
    else:
        _add_homes(homes, SentryAppInstallation.api_token, SentryAppInstallation.select(), ids)
        linked = SentryAppInstallationToken.select().join(SentryAppInstallation)
        _add_homes(homes, SentryAppInstallationToken.api_token, linked, ids)
    return homes


def _add_homes_of_apps(homes: Homes, ids: Sequence[int]) -> None:
    live = SentryAppInstallation.select().where(SentryAppInstallation.date_deleted.is_null())
    _add_homes(homes, SentryAppInstallation.sentry_app, live, ids)
    regions = {region.name for region in Region.select(Region.name)}
    owned = SentryApp.select(
        SentryApp.id, OrganizationReplica.region_name, SentryApp.date_deleted, SentryApp.status
    ).join(OrganizationReplica, peewee.JOIN.LEFT_OUTER, on=(OrganizationReplica.id == SentryApp.owner_id))
    for app_id, region, date_deleted, status in tuples_of(owned.where(SentryApp.id.in_(ids))):
        if region or date_deleted is None:
            homes[app_id].add(region)
        if date_deleted is None and status == SentryAppStatus.PUBLISHED:
            homes[app_id] |= regions


def _add_homes(homes: Homes, key: peewee.Field, installations: "peewee.ModelSelect[Any]", ids: Sequence[int]) -> None:
    """Adds the regions of the installations' organizations to the objects that they are found by."""
    rows = installations.join(
        OrganizationReplica,
        peewee.JOIN.LEFT_OUTER,
        on=(OrganizationReplica.id == SentryAppInstallation.organization_id),
    )
    columns = key, OrganizationReplica.region_name, SentryAppInstallation.date_deleted.is_null()
    for object_id, region, is_live in tuples_of(rows.select(*columns).where(key.in_(ids)).distinct()):
        if region or is_live:
            homes[object_id].add(region)
