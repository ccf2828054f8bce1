"""Which region should hold what, and so what one may be told: the only place that knows.

Owns the questions; the view ``interest`` is the answer. What is looked up for the call of a region is of its interest
(``seen``), whoever asked that region; anyone else's call sees everything, and so does what control does of itself.

A region should hold the installations of its organizations and their tokens, the apps of those installations, the apps
that its organizations own, and every published app; credentials of the former two alone.

An object of an organization that control does not know, say since its database was restored, may be any region's: it
is due nowhere, and is not taken away from where it is. Every function needs a session.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

import peewee

from control_silo.models.interest import InstallationToken, Interest
from control_silo.models.region import OrganizationReplica
from control_silo.models.user import Member
from shared.category import Category
from shared.database.model import tuples_of
from shared.domain.peer import is_region_name
from shared.rpc.served import current_caller

M = TypeVar("M", bound=peewee.Model)


def region_of_organization(organization_id: int) -> str | None:
    """Name of the region where the organization lives; None when control knows no such organization."""
    # Tombstones too: what belonged to an organization that is gone must still be taken away from its region.
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
    rows = Interest.select(Interest.object_id, Interest.destination).where(
        Interest.category == category, Interest.object_id.in_(list(ids))
    )
    for object_id, region in tuples_of(rows):
        regions[object_id].add(region)
    return regions


def calling_region() -> str | None:
    """The region whose call is being served; None for anyone else's call, and outside a call."""
    caller = current_caller()
    # By its name, which the signature proves: what a request says of itself counts nowhere here.
    return caller if is_region_name(caller) else None


def seen(query: "peewee.ModelSelect[M]", category: Category, column: Any) -> "peewee.ModelSelect[M]":
    """The query, of the objects that whoever calls may hold; ``column`` has their ids."""
    region = calling_region()
    if region is None:
        return query
    due = Interest.select(peewee.SQL("1")).where(
        Interest.category == category, Interest.object_id == column, Interest.destination == region
    )
    return query.where(peewee.fn.EXISTS(due))


def seen_clause(category: Category, column: str) -> tuple[str, list[str]]:
    """What ends the condition of a hand-written ``SELECT`` that does the same as ``seen``, and its parameters."""
    region = calling_region()
    if region is None:
        return "", []
    # Correlated, so that it costs by what is found and not by what the region holds.
    due = f"SELECT 1 FROM interest WHERE category = ? AND object_id = {column} AND destination = ?"  # noqa: S608
    return f" AND EXISTS ({due})", [category.value, region]


def seen_by_caller(category: Category, ids: Collection[int]) -> set[int]:
    """Those of the objects that whoever calls may hold."""
    region = calling_region()
    if region is None:
        return set(ids)
    # None among them does not count: what may be any region's is shown to none.
    return {object_id for object_id, regions in regions_by_id(category, ids).items() if region in regions}


def organizations_seen(query: "peewee.ModelSelect[OrganizationReplica]") -> "peewee.ModelSelect[OrganizationReplica]":
    """The query, of the organizations that whoever calls may know: a region knows its own alone."""
    region = calling_region()
    return query if region is None else query.where(OrganizationReplica.region_name == region)


def members_seen(query: "peewee.ModelSelect[M]") -> "peewee.ModelSelect[M]":
    """The query, which has memberships, of those that whoever calls may know: a region knows its own people alone."""
    region = calling_region()
    if region is None:
        return query
    own = OrganizationReplica.select(OrganizationReplica.id).where(OrganizationReplica.region_name == region)
    return query.where(Member.organization_id.in_(own))


def is_user_seen(user_id: int) -> bool:
    """Whether whoever calls may know who the user is: a region may name anybody by the id, and would learn it."""
    return calling_region() is None or members_seen(Member.select().where(Member.user == user_id)).exists()


def installations_of_token(token_id: int) -> "peewee.ModelSelect[InstallationToken]":
    """A query for the id of the installation that a token acts for, be that live or not; empty for a person's token."""
    return InstallationToken.select(InstallationToken.installation_id).where(InstallationToken.token_id == token_id)
