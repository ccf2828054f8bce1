"""What an operator does about a region that lost its database or is given up, and about what went with it.

Nothing here is done by itself: that a region, or one of its organizations, is lost is for a person to say.
"""

from dataclasses import dataclass

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import (
    OrganizationFeature,
    OrganizationReplica,
    OrganizationReservation,
    RegisteredRegion,
    RetiredRegion,
)
from control_silo.models.user import Member
from control_silo.services.app_health import forget_reports
from control_silo.services.control import Control
from control_silo.services.delete import delete_installation
from control_silo.services.organization import find_organization
from shared.category import Category
from shared.database.locking import locked, pass_over_ids
from shared.database.transaction import Transaction
from shared.errors import Conflict, DeadlineExceeded, OrganizationNotFound, RegionNotFound, Unavailable
from shared.outbox.change import change
from shared.outbox.operate import forget_destination
from shared.pb.hybridcloud.organizations.v1 import organization_pb2, organization_service_pb2

_SHOWN = 10
"""How many of what is in the way are named."""


def replace_region(control: Control, *, name: str) -> None:
    """Lets the next database that presents the region's key take its name.

    Raises:
        RegionNotFound: there is no such region.
    """
    with control.database.transaction() as tx:
        region = _locked_region(tx, name)
        # Good for one database: registering takes it back, so that a third one cannot follow.
        region.is_replaced = True
        region.save(only=[RegisteredRegion.is_replaced])


def remove_region(control: Control, *, name: str, releases_organizations: bool) -> None:
    """Forgets a region: its entry, what waits for it, and its keys. One that is not there is fine.

    Raises:
        Conflict: organizations live there, or own apps, and are not to be released.
    """
    with control.database.session():
        here = OrganizationReplica.select().where(OrganizationReplica.region_name == name)
        # Looked at before anything is done, so that a refusal names all that is in the way.
        slugs = [each.slug for each in here.where(~OrganizationReplica.tombstone).order_by(OrganizationReplica.id)]
    if slugs and not releases_organizations:
        raise Conflict(f"Organizations live in {name}: {_listed(slugs)}. Release them first, or with it.")
    # Each in a transaction of its own: a region may have thousands, and whatever is done stays done when one fails.
    for slug in slugs:
        _release(control, slug=slug)
    with control.database.transaction() as tx:
        region = locked(tx, RegisteredRegion.select().where(RegisteredRegion.name == name)).first()
        if region is not None:
            if region.number is not None:
                # Its ids live on in what other regions and apps remember.
                RetiredRegion.create(number=region.number, name=name)
            region.delete_instance()
        forget_destination(tx, name)
        forget_reports(tx, silo=name, now=control.clock.now())
    # Last: until here the region may still be asked; from here on nobody speaks as it.
    for key in control.keys.list():
        if key.peer == name and key.revoked_at is None:
            control.keys.revoke(name, key.id)


def restore_organization(control: Control, *, slug: str) -> str:
    """Makes an organization known again on that side which has lost it; answers its region's name.

    One that control knows is made again, empty, in its region. One that control does not know is taken over from the
    region that has it: control runs on a copy of its database that is older than the organization.

    Raises:
        OrganizationNotFound: neither control nor any region knows such an organization.
        Conflict: two regions have one, or control has given its id or its slug to another since.
        Unavailable, DeadlineExceeded: a region is away that may have it.
    """
    with control.database.session():
        organization = find_organization(slug)
    if organization is None:
        lost = _find_in_regions(control, slug)
        _reserve_again(control, lost)
        place = _Place(lost.id, slug, lost.name, lost.region_name)
    else:
        place = _Place(organization.id, slug, organization.name, organization.region_name)
    with control.database.session():
        reservation = OrganizationReservation.get_by_id(place.id)
    # With the time when it was made first, which a region without its database has forgotten.
    request = organization_service_pb2.ProvisionOrganizationRequest(
        id=place.id, slug=place.slug, name=place.name, is_restored=True
    )
    request.created_at.FromDatetime(reservation.created_at)
    # A region that has it answers so, and sends it once more.
    control.regions.organizations(place.region).ProvisionOrganization(request)
    return place.region


@dataclass(frozen=True)
class _Place:
    """An organization, and where it lives."""

    id: int
    slug: str
    name: str
    region: str


def _find_in_regions(control: Control, slug: str) -> organization_pb2.RpcOrganization:
    """Raises:
    OrganizationNotFound, Conflict, Unavailable, DeadlineExceeded: as ``restore_organization``.
    """
    found, away = [], None
    for region in control.regions.list_names():
        request = organization_service_pb2.GetOrganizationRequest(slug=slug)
        try:
            answer = control.regions.organizations(region).GetOrganization(request)
        except (Unavailable, DeadlineExceeded) as exc:
            # Goes on: another region may have it, and then it does not matter who is away.
            away = exc
            continue
        # What a region says of others' organizations is not asked for.
        if answer.HasField("organization") and answer.organization.region_name == region:
            found.append(answer.organization)
    if len(found) > 1:
        where = _listed([each.region_name for each in found])
        raise Conflict(f"Several regions have an organization {slug}: {where}. Slugs are one organization's alone.")
    if found:
        return found[0]
    # Who does not answer may have it.
    raise away or OrganizationNotFound


def _reserve_again(control: Control, lost: organization_pb2.RpcOrganization) -> None:
    """Gives out the id and the slug once more to the organization that has them.

    Raises:
        Conflict: another organization has been given one of the two since.
    """
    with control.database.transaction() as tx:
        # First of all: it may wait for who writes the table.
        pass_over_ids(tx, OrganizationReservation, newest=lost.id)
        given = list(
            OrganizationReservation.select().where(
                (OrganizationReservation.id == lost.id) | (OrganizationReservation.slug == lost.slug)
            )
        )
        # All three, since a region that is taken could else claim an id or a slug of another region's organization.
        for other in given:
            if (other.id, other.slug, other.region_name) != (lost.id, lost.slug, lost.region_name):
                raise Conflict(
                    f"Control has given {'the slug' if other.slug == lost.slug else 'the id'} of {lost.slug} "
                    f"({lost.id}, in {lost.region_name}) to another organization since: {other.slug} ({other.id}, in "
                    f"{other.region_name}). One of the two has to go first."
                )
        if not given:
            OrganizationReservation.create(
                id=lost.id, slug=lost.slug, region_name=lost.region_name, created_at=control.clock.now()
            )


def release_organization(control: Control, *, slug: str) -> None:
    """Gives up an organization that its region does not have any more.

    Raises:
        OrganizationNotFound: control knows no such organization.
        Conflict: the region has it, or it owns apps.
        Unavailable, DeadlineExceeded: the region is away.
    """
    organization, _ = _known(control, slug)
    stub = control.regions.organizations(organization.region_name)
    answer = stub.GetOrganization(organization_service_pb2.GetOrganizationRequest(id=organization.id))
    # Asked of the region itself, and only by who it is: the slug may be another organization's there by now.
    if answer.HasField("organization"):
        raise Conflict(f"The region {organization.region_name} has {slug}: there is nothing to release.")
    _release(control, slug=slug)


def _release(control: Control, *, slug: str) -> None:
    now = control.clock.now()
    with control.database.transaction() as tx:
        organization = find_organization(slug)
        if organization is None:
            return
        owned = SentryApp.select().where(SentryApp.owner_id == organization.id, SentryApp.date_deleted.is_null())
        # An app belongs to nobody without its owner, and would go on being told of others' issues.
        if apps := [app.slug for app in owned.order_by(SentryApp.id)]:
            raise Conflict(f"{slug} owns apps: {_listed(apps)}. Delete them first.")
        live = SentryAppInstallation.date_deleted.is_null()
        installed = SentryAppInstallation.select().where(SentryAppInstallation.organization_id == organization.id, live)
        for installation in locked(tx, installed.order_by(SentryAppInstallation.id)):
            delete_installation(tx, installation, now=now)
            # The region of the organization may have held the app for its sake alone.
            change(tx, Category.APP, [installation.sentry_app_id])
            change(tx, Category.CREDENTIAL, [installation.sentry_app_id])
        Member.delete().where(Member.organization_id == organization.id).execute()
        OrganizationFeature.delete().where(OrganizationFeature.organization_id == organization.id).execute()
        # The slug is free again; the id, which the tombstone keeps, is never given out again.
        OrganizationReservation.delete().where(OrganizationReservation.id == organization.id).execute()
        organization.tombstone, organization.version, organization.checksum = True, organization.version + 1, b""
        organization.save()


def _known(control: Control, slug: str) -> tuple[OrganizationReplica, OrganizationReservation]:
    with control.database.session():
        organization = find_organization(slug)
        if organization is None:
            raise OrganizationNotFound
        return organization, OrganizationReservation.get_by_id(organization.id)


def _locked_region(tx: Transaction, name: str) -> RegisteredRegion:
    region: RegisteredRegion | None = locked(tx, RegisteredRegion.select().where(RegisteredRegion.name == name)).first()
    if region is None:
        raise RegionNotFound(f"No region is registered under the name {name!r}.", metadata={"region": name})
    return region


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
