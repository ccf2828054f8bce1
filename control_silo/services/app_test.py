"""Telling an app of an event that does not happen, as it would be if it did. Owns who is told, and by which silo."""

from dataclasses import dataclass, field

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from control_silo.models.user import User
from control_silo.services.app_deliveries import DeliveryName, NamedDelivery, region_known
from control_silo.services.asked_regions import REGIONS_DEADLINE_SECONDS
from control_silo.services.control import Control
from control_silo.services.region_answers import believed_deliveries
from control_silo.services.webhook import tell_of_installation
from shared.domain.event import AppEvent, Told
from shared.domain.json_value import JsonObject
from shared.domain.peer import CONTROL, silo_away
from shared.errors import RequestRefused
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2 as pb
from shared.rpc.json_struct import struct_of
from shared.webhooks.deliveries import list_whole

NOT_INSTALLED = "The app is installed nowhere that it could be told of: install it first."
NO_WEBHOOK_URL = "The app has no webhook URL: there is nowhere to tell it."
ASKED = "An app is asked {event!r} when somebody uses its form; there is nothing to tell it."


@dataclass(frozen=True, kw_only=True)
class AppTest:
    """What an app shall be told."""

    event: AppEvent
    project: str = ""
    """Slug or id; empty: that of the newest issue."""
    organization_id: int | None = None
    """None: the app's owner, if it is installed there, else where it was installed last."""
    payload: JsonObject = field(default_factory=dict)
    """Where the event happens elsewhere."""
    changes: JsonObject = field(default_factory=dict)
    """What shall be told instead, by its place in the body."""


def send_test(control: Control, app: SentryApp, wanted: AppTest, *, actor: User) -> NamedDelivery:
    """Tells the app; answers the delivery. Must not be called in a session.

    Raises:
        RequestRefused: there is nothing to tell, nowhere to tell it, or nobody.
        SiloUnreachable, DeadlineExceeded: the region is away.
    """
    if wanted.event.row.told is Told.ASKED:
        raise RequestRefused(ASKED.format(event=wanted.event.value))
    # Said here, where it can be mended; a delivery would only be parked later on.
    if not app.webhook_url:
        raise RequestRefused(NO_WEBHOOK_URL)
    with control.database.session():
        installation = _installation(app, wanted)
        organization = OrganizationReplica.get_or_none(OrganizationReplica.id == installation.organization_id)
    if wanted.event.row.told is Told.ITS_APP:
        return _tell_of_installation(control, wanted, installation, actor)
    if organization is None:
        raise RequestRefused(NOT_INSTALLED)
    return _ask_region(control, app, wanted, organization=organization, actor=actor)


def _installation(app: SentryApp, wanted: AppTest) -> SentryAppInstallation:
    """Raises:
    RequestRefused: there is none.
    """
    # Of any status: an app that is to confirm its installation is tried out before it does.
    live = SentryAppInstallation.select().where(
        SentryAppInstallation.sentry_app == app, SentryAppInstallation.date_deleted.is_null()
    )
    found: list[SentryAppInstallation] = list(live.order_by(SentryAppInstallation.id.desc()))
    wanted_id = app.owner_id if wanted.organization_id is None else wanted.organization_id
    there = [each for each in found if each.organization_id == wanted_id]
    # Elsewhere only when nobody said where: what is told would else show another organization's data.
    chosen = there or (found if wanted.organization_id is None else [])
    if not chosen:
        raise RequestRefused(NOT_INSTALLED)
    return chosen[0]


def _tell_of_installation(
    control: Control, wanted: AppTest, installation: SentryAppInstallation, actor: User
) -> NamedDelivery:
    with control.database.transaction() as tx:
        (delivery_id,) = tell_of_installation(
            tx, wanted.event, installation, actor=actor, now=control.clock.now(), changes=wanted.changes
        )
        (delivery,) = list_whole(installation.sentry_app_id, [delivery_id])
    return NamedDelivery(name=DeliveryName(silo=CONTROL, id=delivery_id), delivery=delivery)


def _ask_region(
    control: Control, app: SentryApp, wanted: AppTest, *, organization: OrganizationReplica, actor: User
) -> NamedDelivery:
    name = organization.region_name
    # With the name and address of the user, whom the region does not know and the webhook shows.
    request = pb.SendTestRequest(
        sentry_app_id=app.id,
        cell_name=name,
        organization_id=organization.id,
        event=wanted.event,
        project=wanted.project,
        user_id=actor.id,
        user_name=actor.name or actor.label,
        user_email=actor.email or "",
        payload=struct_of(wanted.payload),
        changes=struct_of(wanted.changes),
    )
    with region_known():
        stub = control.regions.app_requests(name)
    # Asked once and never again: a repeated trial is a second webhook.
    answer = stub.SendTest(request, timeout=REGIONS_DEADLINE_SECONDS)
    believed = believed_deliveries(name, [answer.delivery], limit=1)
    if not believed:
        raise silo_away(name)
    return NamedDelivery(name=DeliveryName(silo=name, id=believed[0].id), delivery=believed[0])
