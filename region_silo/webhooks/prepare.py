"""Preparing deliveries: the app as its replica says it is now."""

from dataclasses import dataclass

from region_silo.models.replica import AppReplica, CredentialReplica, InstallationReplica
from region_silo.services.find_app import whole_app
from region_silo.services.region import Region
from region_silo.webhooks.payload import describe
from shared.domain.event import EVENTS
from shared.domain.happening import Happening
from shared.domain.webhook import CALL_SECONDS, webhook_body, webhook_content
from shared.outbox.message import Rejection
from shared.webhooks.attempt import Recipient
from shared.webhooks.delivery import Delivery

# Permanent or not decides what becomes of the delivery: parked at once, or tried again with growing pauses.
APP_GONE = Rejection("APP_NOT_FOUND", "The app is not installed here any more, or has no webhook URL.", permanent=True)
CREDENTIAL_AWAITED = Rejection(
    "CREDENTIAL_AWAITED", "What the webhook is to be signed with has not arrived here yet.", permanent=False
)
SUBJECT_GONE = Rejection("NOT_FOUND", "What the webhook would tell of is gone.", permanent=True)


@dataclass(frozen=True)
class Preparing:
    """Implements ``Prepare`` for a region."""

    region: Region

    def __call__(self, delivery: Delivery) -> Recipient | Rejection:
        recipient, uuid = _find_recipient(delivery.sentry_app_id), _find_uuid(delivery.installation_id)
        if recipient is None or uuid is None:
            return APP_GONE
        if isinstance(recipient, Rejection):
            return recipient
        if delivery.body is None:  # of an earlier release, which made bodies at the first attempt
            delivery.body = self._body(delivery, uuid)
        return SUBJECT_GONE if delivery.body is None else recipient  # a question may have an empty one

    def _body(self, delivery: Delivery, installation_uuid: str) -> str | None:
        kind = EVENTS[delivery.event].row.detail
        if kind is None:
            return None
        happening = Happening.from_json(delivery.subject, detail=kind)
        data = describe(self.region, happening, organization_id=delivery.organization_id)
        if data is None:
            return None
        content = webhook_content(data=data, actor=happening.actor)
        return webhook_body(delivery.event, installation_uuid=installation_uuid, content=content)


def _find_recipient(sentry_app_id: int) -> Recipient | Rejection | None:
    replica = AppReplica.get_or_none((AppReplica.id == sentry_app_id) & ~AppReplica.tombstone)
    if replica is None:
        return None
    # Tombstones too: they have an empty state, and so no secret, and the app is gone for this region.
    credential = CredentialReplica.get_or_none(CredentialReplica.id == sentry_app_id)
    if credential is None:
        return CREDENTIAL_AWAITED
    app = whole_app(replica.state, credential.state)
    # Nowhere to call, or nothing to sign with: unsigned it is not sent.
    if not app.webhook_url or not app.application.client_secret:
        return None
    return Recipient(
        url=app.webhook_url,
        custom_headers=tuple(app.webhook_headers),
        client_secret=app.application.client_secret,
        is_internal=app.is_internal,
        # 0: control is of a release that did not know of it.
        timeout_seconds=app.webhook_timeout_seconds or CALL_SECONDS,
    )


def _find_uuid(installation_id: int) -> str | None:
    replica = InstallationReplica.get_or_none(
        (InstallationReplica.id == installation_id) & ~InstallationReplica.tombstone
    )
    return replica.uuid if replica else None
