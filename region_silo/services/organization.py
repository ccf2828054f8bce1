"""Organizations that live in this region. Control gives out their ids and keeps a replica of each."""

from collections.abc import Collection
from datetime import datetime

import peewee

from region_silo.models.organization import Organization
from region_silo.services.principal import Principal
from region_silo.services.region import Region
from shared.category import Category
from shared.domain.peer import CONTROL
from shared.domain.slug import ORGANIZATION_SLUG_ERROR, is_valid_organization_slug
from shared.errors import FieldMissing, SlugTaken, ValidationFailed
from shared.outbox.change import change
from shared.outbox.comparing import want_comparison
from shared.outbox.enqueue import enqueue
from shared.pb.hybridcloud.organizations.v1 import organization_pb2


def provision_organization(
    region: Region,
    *,
    organization_id: int,
    slug: str,
    name: str,
    created_at: datetime | None = None,
    is_restored: bool = False,
) -> Organization:
    """Creates the organization, or answers with it when it exists already.

    Args:
        region: where.
        organization_id: given out by control.
        slug: reserved by control.
        name: the slug when empty.
        created_at: when control gave out the id; None: now.
        is_restored: whether control's mapping may be newer than what is made here, or lost.

    Raises:
        FieldMissing: the id or the slug is missing.
        ValidationFailed: no organization can have the slug.
        SlugTaken: another organization here has the slug.
    """
    if organization_id <= 0:
        raise FieldMissing.at("id", "a positive id is required.")
    if not slug:
        raise FieldMissing.at("slug", "this field is required.")
    if not is_valid_organization_slug(slug):
        raise ValidationFailed(fields={"slug": [ORGANIZATION_SLUG_ERROR]})
    now = region.clock.now()
    try:
        with region.database.transaction() as tx:
            existing = Organization.get_or_none(Organization.id == organization_id)
            # If it is there, perhaps the answer to the first call was lost: its version is in the reader's token again.
            organization = existing or Organization.create(
                id=organization_id, slug=slug, name=name or slug, created_at=created_at or now
            )
            change(tx, Category.ORGANIZATION, [organization.id])
            if is_restored:
                # Control has refused it, may be, when it did not know of it any more: then its message is parked.
                enqueue(tx, Category.ORGANIZATION, [organization.id], destinations=[CONTROL])
                # Control's mapping is of the versions of before. Comparing finds that, and outranks them.
                want_comparison(tx, CONTROL)
            return organization
    # Another organization of this region has the slug, or took it at the same moment.
    except peewee.IntegrityError as exc:
        raise SlugTaken(metadata={"slug": slug}) from exc


def find_organization(id_or_slug: int | str) -> Organization | None:
    """An organization of this region by its id or slug; None when there is none. Needs a session."""
    key = Organization.id if isinstance(id_or_slug, int) else Organization.slug
    return Organization.get_or_none(key == id_or_slug)


def list_organizations(*, after_id: int = 0, limit: int) -> list[Organization]:
    """Organizations of this region in id order. Needs a session."""
    return list(Organization.select().where(Organization.id > after_id).order_by(Organization.id).limit(limit))


def list_visible_organizations(principal: Principal, *, offset: int, limit: int) -> list[Organization]:
    """Organizations of this region in id order: one's own, an app's the one of its token, everyone's for the elevated.

    Needs a session.
    """
    query = Organization.select().order_by(Organization.id).offset(offset).limit(limit)
    if not principal.is_elevated:
        query = query.where(Organization.id.in_(principal.own_organization_ids))
    return list(query)


def organizations_by_id(ids: Collection[int]) -> dict[int, Organization]:
    """The organizations of these ids; those that do not exist are missing. Needs a session."""
    found = Organization.select().where(Organization.id.in_(set(ids))) if ids else ()
    return {organization.id: organization for organization in found}


def organization_message(organization: Organization, region_name: str) -> organization_pb2.RpcOrganization:
    return organization_pb2.RpcOrganization(
        id=organization.id,
        slug=organization.slug,
        name=organization.name,
        region_name=region_name,
        status=organization.status,
    )
