"""Where things live: the region that owns what a path names, and its address. Owns the lookups; calls no region.

Every function needs a session.
"""

from collections.abc import Sequence
from typing import Any

from control_silo.services.control import Control
from control_silo.services.principal import Principal
from control_silo.services.region import list_regions
from shared.database.statement import marks
from shared.domain.http_address import SiloAddress, base_url
from shared.domain.path_key import path_key
from shared.domain.region_id import region_number_of
from shared.errors import AppNotFound, InstallationNotFound, NotFound, OrganizationNotFound

_BY_ORGANIZATION = """
SELECT r.name, r.http_address FROM organization_replica o JOIN region r ON r.name = o.region_name
WHERE {column} = ? AND NOT o.tombstone"""
_BY_INSTALLATION = """
SELECT r.name, r.http_address FROM sentry_app_installation i
JOIN organization_replica o ON o.id = i.organization_id AND NOT o.tombstone
JOIN region r ON r.name = o.region_name WHERE i.uuid = ? AND i.date_deleted IS NULL"""
_BY_APP = """
SELECT r.name, r.http_address FROM sentry_app a
JOIN organization_replica o ON o.id = a.owner_id AND NOT o.tombstone
JOIN region r ON r.name = o.region_name WHERE {column} = ? AND a.date_deleted IS NULL"""
_BY_NUMBER = "SELECT name, http_address FROM region WHERE number = ?"
_OF_ORGANIZATIONS = """
SELECT DISTINCT r.name, r.http_address FROM organization_replica o JOIN region r ON r.name = o.region_name
WHERE NOT o.tombstone AND o.id IN ({marks}) ORDER BY r.name"""


def region_of_organization(control: Control, id_or_slug: str) -> SiloAddress:
    """Raises:
    OrganizationNotFound: there is no such organization.
    """
    return _found(_by_key(control, _BY_ORGANIZATION, id_or_slug, alias="o")) or _raise(OrganizationNotFound())


def region_of_installation(control: Control, uuid: str) -> SiloAddress:
    """The region of the organization that an app is installed in.

    Raises:
        InstallationNotFound: there is no such installation.
    """
    rows = [] if path_key(uuid) is None else control.database.rows(_BY_INSTALLATION, (uuid,))
    return _found(rows) or _raise(InstallationNotFound())


def region_of_app(control: Control, id_or_slug: str) -> SiloAddress:
    """The region of the organization that owns an app.

    Raises:
        AppNotFound: there is no such app.
    """
    return _found(_by_key(control, _BY_APP, id_or_slug, alias="a")) or _raise(AppNotFound())


def region_of_id(control: Control, id: str) -> SiloAddress:
    """The region that made an id (docs/adr/0005).

    Raises:
        NotFound: no region made it.
    """
    # The id is not looked up: its last ten bits say which region made it, whether or not there is such an object.
    key = path_key(id)
    number = region_number_of(key) if isinstance(key, int) else None
    return _found(control.database.rows(_BY_NUMBER, (number,)) if number else []) or _raise(NotFound())


def regions_of_principal(control: Control, principal: Principal) -> list[SiloAddress]:
    """The regions where organizations that a principal sees live, by name: every region for a superuser."""
    # A superuser sees every organization, so that each region may be the one that knows.
    if principal.is_superuser:
        return [SiloAddress(region.name, base_url(region.http_address)) for region in list_regions(control)]
    ids = principal.own_organization_ids
    # `IN ()` is no SQL of PostgreSQL's.
    rows = control.database.rows(_OF_ORGANIZATIONS.format(marks=marks(ids)), ids) if ids else []
    return [SiloAddress(name, base_url(http_address)) for name, http_address in rows]


def _by_key(control: Control, statement: str, id_or_slug: str, *, alias: str) -> Sequence[tuple[Any, ...]]:
    key = path_key(id_or_slug)
    if key is None:
        return []
    return control.database.rows(statement.format(column=f"{alias}.{'id' if isinstance(key, int) else 'slug'}"), (key,))


def _found(rows: Sequence[tuple[Any, ...]]) -> SiloAddress | None:
    return SiloAddress(name=rows[0][0], url=base_url(rows[0][1])) if rows else None


def _raise(error: NotFound) -> SiloAddress:
    raise error
