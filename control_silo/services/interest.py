"""Which region should hold what: the only place that knows. Owns the questions; the view ``interest`` is the answer.

A region should hold the installations of its organizations and their tokens, the apps of those installations, the apps
that its organizations own, and every published app.

An object of an organization that control does not know, say since its database was restored, may be any region's: it
is due nowhere, and is not taken away from where it is. Every function needs a session.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import peewee

from control_silo.models.interest import InstallationToken, Interest
from control_silo.models.region import OrganizationReplica
from shared.category import Category
from shared.database.model import tuples_of
from shared.database.row import rows_by_id


def region_of_organization(organization_id: int) -> str | None:
    """Name of the region where the organization lives; None when control knows no such organization."""
    home = OrganizationReplica.get_or_none(OrganizationReplica.id == organization_id)
    return home.region_name if home else None


def organizations_in(region: str, ids: Collection[int]) -> set[int]:
    """Those of the organizations that live in the region and are not deleted."""
    if not ids:
        return set()
    here = OrganizationReplica.select(OrganizationReplica.id).where(
        OrganizationReplica.id.in_(ids), OrganizationReplica.region_name == region, ~OrganizationReplica.tombstone
    )
    return {organization.id for organization in here}


def regions_of(category: Category, object_id: int) -> set[str]:
    """The regions that should hold the object as it is now."""
    return {region for region in regions_by_id(category, [object_id])[object_id] if region is not None}


def regions_by_id(category: Category, ids: Iterable[int]) -> Mapping[int, set[str | None]]:
    """By id, the regions that should hold the object; None among them: some region that control cannot name."""
    regions: defaultdict[int, set[str | None]] = defaultdict(set)
    rows = Interest.select(Interest.object_id, Interest.region_name).where(
        Interest.category == category, Interest.object_id.in_(list(ids))
    )
    for object_id, region in tuples_of(rows):
        regions[object_id].add(region)
    return regions


def held_in(category: Category, region: str) -> "peewee.ModelSelect[Interest]":
    """A query for the ids of all objects that the region should hold; an id may come twice."""
    return Interest.select(Interest.object_id).where(Interest.category == category, Interest.region_name == region)


def kept_in(category: Category, region: str, ids: Collection[int]) -> set[int]:
    """Those of the objects that the region may hold: it should, or control cannot tell. One statement: the hot path."""
    statement = """
        SELECT DISTINCT object_id FROM interest
        WHERE category = ? AND (region_name = ? OR region_name IS NULL) AND object_id """
    return {object_id for (object_id,) in rows_by_id(statement, ids, category.value, region)}


def installations_of_token(token_id: int) -> "peewee.ModelSelect[InstallationToken]":
    """A query for the id of the installation that a token acts for, be that live or not; empty for a person's token."""
    return InstallationToken.select(InstallationToken.installation_id).where(InstallationToken.token_id == token_id)
