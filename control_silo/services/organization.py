"""Organizations as control knows them. A region owns each; control gives out ids and slugs, and resolves them.

A region finds its own alone.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

import peewee

from control_silo.models.region import OrganizationReplica, OrganizationReservation, RegisteredRegion
from control_silo.services.control import Control
from control_silo.services.interest import organizations_seen
from shared.category import Category, number_of
from shared.consistency import note_seen
from shared.domain.peer import silo_away
from shared.domain.slug import ORGANIZATION_SLUG_ERROR, is_valid_organization_slug
from shared.errors import OrganizationNotFound, RegionNotFound, SlugTaken, ValidationFailed
from shared.outbox.apply import apply_changes
from shared.outbox.kind import Kinds
from shared.pb.hybridcloud.organizations.v1 import organization_service_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2

MAX_NAME_CHARACTERS = 64
"""How long an organization's name may be."""


def create_organization(control: Control, *, slug: str, name: str, region: str, kinds: Kinds) -> OrganizationReplica:
    """Reserves an id and the slug, provisions the organization in its region, and takes its replica over at once.

    Interrupted half way, the same call again completes it: the reservation stands, and provisioning is idempotent.

    Args:
        control: where.
        slug: no other organization has it.
        name: for people.
        region: where it will live.
        kinds: know the replica that the region may write here.

    Raises:
        ValidationFailed: the slug or the name is not valid.
        RegionNotFound: no such region is registered.
        SlugTaken: another organization has the slug.
        Unavailable, DeadlineExceeded: the region is away; nothing but the reservation is left.
    """
    _validate(slug, name)
    # Committed before the region is asked: no RPC inside a transaction, and a lost answer leaves the id and the slug
    # to the same call made again.
    reservation = _reserve(control, slug=slug, region=region)
    # Which raises for a region that nobody registered; the reservation checked it, and it may be gone since.
    stub = control.regions.organizations(region)
    request = organization_service_pb2.ProvisionOrganizationRequest(id=reservation.id, slug=slug, name=name)
    request.created_at.FromDatetime(reservation.created_at)
    answer = stub.ProvisionOrganization(request)
    # The same state arrives through the region's outbox too; whichever is second is stale.
    change = replica_pb2.Change(
        category=number_of(Category.ORGANIZATION), object_id=reservation.id, version=answer.version
    )
    change.organization.organization.CopyFrom(answer.organization)
    [result] = apply_changes(control.database, [change], tables=kinds.tables_for(region))
    if result.outcome == result.OUTCOME_REJECTED:  # it made something else than it was told
        raise silo_away(region)
    note_seen(Category.ORGANIZATION, reservation.id, answer.version)
    with control.database.session():
        return get_organization(reservation.id)


def get_organization(id_or_slug: int | str) -> OrganizationReplica:
    """A live organization. Needs a session.

    Raises:
        OrganizationNotFound: there is none.
    """
    organization = find_organization(id_or_slug)
    if organization is None:
        raise OrganizationNotFound
    return organization


def find_organization(id_or_slug: int | str) -> OrganizationReplica | None:
    """A live organization by its id or slug; None when there is none. Needs a session."""
    key = OrganizationReplica.id if isinstance(id_or_slug, int) else OrganizationReplica.slug
    # By slug the partial index finds it: of live organizations each slug is one's alone.
    live = OrganizationReplica.select().where(key == id_or_slug, ~OrganizationReplica.tombstone)
    return organizations_seen(live).get_or_none()


def list_organizations(*, after_id: int = 0, limit: int) -> list[OrganizationReplica]:
    """Live organizations in id order. Needs a session."""
    live = OrganizationReplica.select().where(OrganizationReplica.id > after_id, ~OrganizationReplica.tombstone)
    return list(organizations_seen(live).order_by(OrganizationReplica.id).limit(limit))


def creation_times(ids: Collection[int]) -> Mapping[int, datetime]:
    """By id, when organizations came to be. Needs a session."""
    known = OrganizationReservation.select().where(OrganizationReservation.id.in_(ids))
    return {reservation.id: reservation.created_at for reservation in known}


def name_problem(name: str) -> str | None:
    """Why an organization cannot have the name; None when it can."""
    if not name.strip():
        return "This field may not be blank."
    if len(name) > MAX_NAME_CHARACTERS:
        return f"Ensure this field has no more than {MAX_NAME_CHARACTERS} characters."
    return "Null characters are not allowed." if "\x00" in name else None


def _validate(slug: str, name: str) -> None:
    problems = {}
    if not is_valid_organization_slug(slug):
        # Both fields at once: whoever fills in a form mends both.
        problems["slug"] = [ORGANIZATION_SLUG_ERROR]
    problem = name_problem(name)
    if problem:
        problems["name"] = [problem]
    if problems:
        raise ValidationFailed(fields=problems)


def _reserve(control: Control, *, slug: str, region: str) -> OrganizationReservation:
    try:
        with control.database.transaction():
            if not RegisteredRegion.select().where(RegisteredRegion.name == region).exists():
                raise RegionNotFound(f"No region is registered under the name {region!r}.")
            # The reservation is what makes a slug unique in the world; regions never ask each other.
            reservation = OrganizationReservation.get_or_none(OrganizationReservation.slug == slug)
            if reservation is None:
                now = control.clock.now()
                return OrganizationReservation.create(slug=slug, region_name=region, created_at=now)
            if OrganizationReplica.select().where(OrganizationReplica.id == reservation.id).exists():
                raise SlugTaken(metadata={"slug": slug})
            # Completed elsewhere it would exist twice, should the first region have made it and its answer been lost.
            if reservation.region_name != region:
                raise SlugTaken(
                    f"An unfinished attempt to create it in the region {reservation.region_name!r} holds this slug: "
                    "repeat it there.",
                    metadata={"slug": slug, "region": reservation.region_name},
                )
            return reservation
    except peewee.IntegrityError as exc:
        raise SlugTaken(metadata={"slug": slug}) from exc
