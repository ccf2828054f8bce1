"""Repair of what regions hold of apps, installations and tokens: each gets a version that outranks the one held."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.record import Tombstone
from control_silo.models.region import Region
from control_silo.services.change import region_of_organization, regions_of_app
from control_silo.services.control import Control
from control_silo.services.update_app import find_organization_of_token
from shared.database import tuples_of
from shared.domain.category import Category
from shared.errors import InvalidInput, RegionNotFound
from shared.outbox.enqueue import enqueue

_MODELS: Mapping[Category, type[SentryApp | SentryAppInstallation | ApiToken]] = {
    Category.APP: SentryApp,
    Category.INSTALLATION: SentryAppInstallation,
    Category.TOKEN: ApiToken,
}


def repair_replicas(
    control: Control, category: Category, held: Mapping[int, int], *, destination: str
) -> Collection[int]:
    """Implements ``Repair``. What control has lost is buried: it owns these objects, so no region may keep one."""
    if category not in _MODELS:
        raise InvalidInput.at("category", f"control owns no objects of {category.value}.")
    now = control.clock.now()
    with control.database.transaction() as tx:
        if not Region.select().where(Region.name == destination).exists():
            raise RegionNotFound(metadata={"region": destination})
        versions = _held_rows(control, category, held)
        outranked = [object_id for object_id, version in versions.items() if version <= held[object_id]]
        for object_id in outranked:
            _set_version(category, object_id, held[object_id] + 1)
        _bury({object_id: held[object_id] for object_id in held.keys() - versions.keys()}, category, destination)
        enqueue(tx, category, held, destinations=[destination], now=now)
        for region, ids in _homes(category, outranked).items():
            enqueue(tx, category, ids, destinations=[region], now=now)
    return ()


def _held_rows(control: Control, category: Category, ids: Iterable[int]) -> dict[int, int]:
    """Versions by id of the objects that have rows. Their apps are locked first, as by whoever changes them."""
    wanted, model = sorted(ids), _MODELS[category]
    apps = {
        Category.APP: SentryApp.id.in_(wanted),
        Category.INSTALLATION: SentryApp.id.in_(
            SentryAppInstallation.select(SentryAppInstallation.sentry_app).where(SentryAppInstallation.id.in_(wanted))
        ),
        Category.TOKEN: SentryApp.application.in_(ApiToken.select(ApiToken.application).where(ApiToken.id.in_(wanted))),
    }
    list(control.locked(SentryApp.select(SentryApp.id).where(apps[category]).order_by(SentryApp.id)))
    rows = model.select(model.id, model.version).where(model.id.in_(wanted)).order_by(model.id)
    return dict(tuples_of(control.locked(rows)))


def _set_version(category: Category, object_id: int, version: int) -> None:
    model = _MODELS[category]
    model.update(version=version).where(model.id == object_id).execute()


def _bury(lost: Mapping[int, int], category: Category, destination: str) -> None:
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


def _homes(category: Category, ids: Collection[int]) -> Mapping[str, set[int]]:
    """By region, those of the objects that it rightly holds: what has a newer version has it everywhere."""
    homes: defaultdict[str, set[int]] = defaultdict(set)
    if category is Category.APP:
        for app in SentryApp.select().where(SentryApp.id.in_(list(ids))):
            for region in regions_of_app(app):
                homes[region].add(app.id)
    else:
        for object_id in ids:
            organization_id = _ORGANIZATION_OF[category](object_id)
            home = None if organization_id is None else region_of_organization(organization_id)
            if home:
                homes[home].add(object_id)
    return homes


def _organization_of_installation(installation_id: int) -> int:
    return SentryAppInstallation.get_by_id(installation_id).organization_id


def _organization_of_token(token_id: int) -> int | None:
    return find_organization_of_token(ApiToken.get_by_id(token_id))


_ORGANIZATION_OF: Mapping[Category, Callable[[int], int | None]] = {
    Category.INSTALLATION: _organization_of_installation,
    Category.TOKEN: _organization_of_token,
}
