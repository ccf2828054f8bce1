"""What a call to a region must say so that the region may answer it: its own name, an organization that lives here.

Owns these checks, the same for every service.
"""

from region_silo.services.held import are_local
from region_silo.services.region import Region
from shared.errors import FieldMissing, InvalidInput, OrganizationNotFound


def require_name(region: Region, name: str, *, field: str) -> None:
    """Args:
        region: that was called.
        name: of the region that was meant.
        field: where the request says so.

    Raises:
        FieldMissing: no region was named.
        InvalidInput: another region was meant.
    """
    if not name:
        raise FieldMissing.at(field, "this field is required.")
    # A call that went astray must not be answered of another region's hooks and logs.
    if name != region.name:
        raise InvalidInput.at(field, f"this region is {region.name!r}.")


def require_ids(**ids: int) -> None:
    """Raises:
    FieldMissing: one of the ids is not positive.
    """
    for field, number in ids.items():
        if number <= 0:
            raise FieldMissing.at(field, "a positive id is required.")


def require_organizations(region: Region, organization_ids: set[int]) -> None:
    """Raises:
    FieldMissing: one of the ids is not positive.
    OrganizationNotFound: one of the organizations does not live here.
    """
    # All are looked at before the database is asked of any.
    for organization_id in organization_ids:
        require_ids(organization_id=organization_id)
    with region.database.session():
        if not are_local(region.database, organization_ids):
            raise OrganizationNotFound
