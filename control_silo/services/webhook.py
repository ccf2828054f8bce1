"""``installation.created`` and ``installation.deleted``: what control tells apps of their installations (spec §2.5).

An app is told also while its installation is pending: it confirms it only afterwards. The body is made and signed in
the transaction, since what it shows, and the secret that it is signed with, may be gone when it is sent.
"""

from collections.abc import Mapping
from datetime import datetime

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from control_silo.models.user import User
from control_silo.services.message import app_message, installation_message
from shared.bodies.installation import InstallationObject
from shared.database.transaction import Transaction
from shared.domain.event import AppEvent
from shared.domain.json_place import put_at_places
from shared.domain.json_value import JsonValue
from shared.domain.signature import sign_webhook
from shared.domain.webhook import PLATFORM, Actor, webhook_payload
from shared.outbox.message import Rejection
from shared.webhooks.attempt import Recipient
from shared.webhooks.delivery import Delivery
from shared.webhooks.enqueue import NewDelivery, enqueue_deliveries


def tell_of_installation(
    tx: Transaction,
    event: AppEvent,
    installation: SentryAppInstallation,
    *,
    actor: User | None,
    now: datetime,
    changes: Mapping[str, JsonValue] | None = None,
) -> list[int]:
    """Tells the app, if it has somewhere to be told; before whatever acts for the installation is deleted.

    Args:
        tx: the transaction of what happens to the installation.
        event: what.
        installation: to which.
        actor: by whom; None: the platform.
        now: when.
        changes: what is told instead, by its place, when an app is tried out.

    Returns:
        The id of the delivery; [] where there is none.

    Raises:
        RequestRefused: a change is of no place.
    """
    app = installation.sentry_app
    # Nowhere to tell it, or no secret to sign with.
    if not app.webhook_url or app.application is None:
        return []
    organization = OrganizationReplica.get_or_none(OrganizationReplica.id == installation.organization_id)
    shown = InstallationObject.of(
        installation_message(installation, app=app_message(app, avatars=(), application=None)),
        # An organization may be deleted just now; that its app is uninstalled must be told nevertheless.
        organization_slug=organization.slug if organization else "",
        # In exchange for it the app gets its first token; afterwards there is none to show.
        code=installation.api_grant.code if installation.api_grant else None,
    )
    payload = webhook_payload(
        event, installation_uuid=installation.uuid, data={"installation": shown.to_json()}, actor=_actor(actor)
    )
    put_at_places(payload, changes or {})
    new = NewDelivery(
        sentry_app_id=app.id,
        installation_id=installation.id,
        organization_id=installation.organization_id,
        event=event,
        signed=sign_webhook(payload, secret=app.application.client_secret),
    )
    return enqueue_deliveries(tx, [new], now=now)


def prepare(delivery: Delivery) -> Recipient | Rejection:
    """The app of a delivery, a deleted one too: it is told of that. Implements ``Prepare``."""
    app = SentryApp.get_or_none(SentryApp.id == delivery.sentry_app_id)
    # It had one when the delivery was made, so that it was taken away since.
    if app is None or not app.webhook_url:
        return Rejection("APP_NOT_FOUND", "The app has no webhook URL any more.", permanent=True)
    return Recipient(
        url=app.webhook_url,
        custom_headers=tuple(app.webhook_headers),
        # As it is now: an attempt after a rotation is signed with the secret that the app has then.
        client_secret=app.application.client_secret if app.application else None,
        is_internal=app.is_internal,
        timeout_seconds=app.webhook_timeout_seconds,
    )


def _actor(user: User | None) -> Actor:
    """A person, or the app whose proxy user it is."""
    # Nobody asked for it: the platform itself did, as when an organization is deleted.
    if user is None:
        return PLATFORM
    if user.is_sentry_app:
        # Shown by what other apps may know of it: its proxy user is nobody's business.
        app = SentryApp.get_or_none(SentryApp.proxy_user == user)
        if app is not None:
            return Actor(type="application", id=app.uuid, name=app.name)
    return Actor(type="user", id=str(user.id), name=user.name or user.label)
