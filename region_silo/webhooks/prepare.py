"""Preparing deliveries: the app as its replica says it is now, and the body, made once, at the first attempt."""

from dataclasses import dataclass

from region_silo.models.issue import Issue
from region_silo.models.project import Project
from region_silo.models.replica import AppReplica, CredentialReplica, InstallationReplica
from region_silo.services.find_app import whole_app
from region_silo.services.organization import find_organization
from region_silo.services.region import Region
from region_silo.services.site import Site, public_url_of
from region_silo.webhooks.payload import Scene, data_of
from shared.domain.event import EVENTS
from shared.domain.happening import Happening
from shared.domain.json_text import encode_body
from shared.domain.webhook import webhook_payload
from shared.errors import NotFound
from shared.outbox.message import Rejection
from shared.webhooks.attempt import Recipient
from shared.webhooks.delivery import Delivery

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
        # Made once and kept: each attempt carries the same bytes, whatever has changed meanwhile (spec §5).
        if delivery.body is None:
            try:
                delivery.body = self._body(delivery, uuid)
            except NotFound:
                return SUBJECT_GONE
        return recipient

    def _body(self, delivery: Delivery, installation_uuid: str) -> str:
        """Raises:
        NotFound: the issue, or the event, is gone.
        """
        kind = EVENTS[delivery.event].row.detail
        if kind is None:
            raise NotFound
        happening = Happening.from_json(delivery.subject, detail=kind)
        payload = webhook_payload(
            delivery.event,
            installation_uuid=installation_uuid,
            data=data_of(happening, find_scene=lambda: self._scene(happening, delivery.organization_id)),
            actor=happening.actor,
        )
        return encode_body(payload).decode("ascii")

    def _scene(self, happening: Happening, organization_id: int) -> Scene:
        """Raises:
        NotFound: the issue is gone, or what it belongs to.
        """
        issue = Issue.get_or_none(Issue.id == happening.issue_id)
        organization = find_organization(organization_id)
        project = Project.get_or_none(Project.id == issue.project_id) if issue else None
        if issue is None or project is None or organization is None:
            raise NotFound
        site = Site(base_url=public_url_of(self.region), organization_slug=organization.slug)
        return Scene(issue=issue, project=project, site=site)


def _find_recipient(sentry_app_id: int) -> Recipient | Rejection | None:
    replica = AppReplica.get_or_none((AppReplica.id == sentry_app_id) & ~AppReplica.tombstone)
    if replica is None:
        return None
    credential = CredentialReplica.get_or_none(CredentialReplica.id == sentry_app_id)
    if credential is None:
        return CREDENTIAL_AWAITED
    app = whole_app(replica.state, credential.state)
    if not app.webhook_url or not app.application.client_secret:
        return None
    return Recipient(
        url=app.webhook_url,
        custom_headers=tuple(app.webhook_headers),
        client_secret=app.application.client_secret,
        is_internal=app.is_internal,
    )


def _find_uuid(installation_id: int) -> str | None:
    replica = InstallationReplica.get_or_none(
        (InstallationReplica.id == installation_id) & ~InstallationReplica.tombstone
    )
    return replica.uuid if replica else None
