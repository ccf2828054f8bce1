"""The region's identity: a random number made once in its own database, by which control knows it again."""

import secrets

from region_silo.models.organization import RegionIdentity
from region_silo.services.region import Region
from shared.domain.http_address import base_url
from shared.errors import ConfigInvalid


def get_identity(region: Region) -> str:
    """32 hex characters; made at the first call.

    Raises:
        ConfigInvalid: the database belongs to a region of another name.
    """
    with region.database.transaction():
        row = RegionIdentity.select().first()
        if row is None:
            row = RegionIdentity.create(name=region.name, identity=secrets.token_hex(16))
    if row.name != region.name:
        raise ConfigInvalid(f"This database belongs to the region {row.name!r}, not to {region.name!r}.")
    return str(row.identity)


def record_registration(region: Region, *, number: int, http_address: str) -> None:
    """Keeps what was agreed with control, for as long as control is away too.

    Args:
        region: which one.
        number: given by control; the same each time.
        http_address: ``host:port`` or a base URL, as control has it.
    """
    with region.database.transaction():
        RegionIdentity.update(number=number, http_address=http_address).execute()


def find_http_url(region: Region) -> str | None:
    """Where others reach this region's HTTP, as a base URL; None before the first registration. Needs a session."""
    row = RegionIdentity.get_or_none(RegionIdentity.name == region.name)
    if row is None or not row.http_address:
        return None
    return base_url(row.http_address)
