"""Repair of what control holds of this region's organizations: each gets a version that outranks the one held."""

from collections.abc import Collection, Mapping

from region_silo.models.organization import Organization
from region_silo.services.region import Region
from shared.category import Category
from shared.database.locking import locked
from shared.database.model import tuples_of
from shared.domain.peer import CONTROL
from shared.errors import InvalidInput, RegionNotFound
from shared.outbox.enqueue import enqueue


def repair_replicas(
    region: Region, category: Category, held: Mapping[int, int], *, destination: str
) -> Collection[int]:
    """Implements ``Repair``. An organization that is not here is left alone: it may be another region's."""
    if category is not Category.ORGANIZATION:
        raise InvalidInput.at("category", f"a region owns no objects of {category.value}.")
    if destination != CONTROL:
        raise RegionNotFound("A region tells control alone of its organizations.", metadata={"silo": destination})
    with region.database.transaction() as tx:
        here = Organization.select(Organization.id, Organization.version).where(Organization.id.in_(list(held)))
        versions = dict(tuples_of(locked(tx, here.order_by(Organization.id))))
        for organization_id, version in versions.items():
            if version <= held[organization_id]:
                outranking = Organization.update(version=held[organization_id] + 1)
                outranking.where(Organization.id == organization_id).execute()
        enqueue(tx, category, versions, destinations=[CONTROL], now=region.clock.now())
    return held.keys() - versions.keys()
