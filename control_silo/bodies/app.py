"""Apps: what is sent to make one and to change one, and what is read of it (spec §4.2, §4.3).

A field that is stored and shown as it was sent is a line in ``AppChangesBody``, a line in ``AppObject`` and a column of
its name; everything else follows from these. The fields that have rules of their own are named in ``_RULED``.
"""

from datetime import datetime
from typing import Any, ClassVar, Literal, Self

from pydantic import MISSING, ConfigDict, Field, ValidationInfo, model_validator
from pydantic.json_schema import SkipJsonSchema

from control_silo.bodies.app_field import (
    AppName,
    Author,
    Events,
    Features,
    Headers,
    Origins,
    Overview,
    Popularity,
    RedirectUrl,
    Requester,
    Schema,
    Scopes,
    Status,
    Timeout,
    WebhookUrl,
    requester_of,
)
from control_silo.bodies.app_part import (
    APP_EXAMPLE,
    FEATURE_EXAMPLE,
    FeatureObject,
    OwnerObject,
    WebhookHealthObject,
    avatar_object,
)
from control_silo.models.app import APP_COLUMNS, SentryApp, is_older_than
from control_silo.models.region import OrganizationReplica
from control_silo.services.app_access import may_see_ownership, may_see_secrets
from control_silo.services.create_app import SentryAppCreator
from control_silo.services.find_app import AppDetails
from control_silo.services.principal import Principal
from control_silo.services.update_app import SentryAppUpdater
from shared.bodies.avatar import AvatarObject
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Flag, sent_or_none
from shared.domain.app_status import SentryAppStatus
from shared.domain.headers import MASKED_VALUE, mask_headers
from shared.domain.subscription import unmet_scope_texts
from shared.domain.webhook_url import without_credentials
from shared.errors import ValidationFailed

SECRET_SHOWN_SECONDS = 24 * 3600
"""How long after an app's creation its client secret is shown."""
HEADERS_ANEW = "The custom headers must be entered anew, because the webhook's address changes."
"""What is told to who would have headers that they may not see sent to somebody else."""

_RULED = frozenset({"status", "events", "verify_install"})
"""Fields of the body that are columns too, and not stored as they were sent."""
_ELEVATED = frozenset({"popularity", "is_disabled"})
"""Those that count only when superusers and staff send them; of others, they are checked and passed over."""


class AppChangesBody(Body):
    """The fields of an app to change; what is left out stays as it is. An app as it was read may be sent back whole."""

    model_config: ClassVar[ConfigDict] = shown_by({"overview": "Cards for issues.", "events": ["issue"]})

    # In the order in which the original tells what is wrong with them.
    name: AppName | MISSING = MISSING
    author: Author | MISSING | None = Field(default=MISSING, description="Required for public apps.")
    scopes: Scopes | MISSING | None = MISSING
    status: Status | MISSING | None = Field(default=MISSING, description="Superusers and staff only.")
    events: Events | MISSING | None = Field(default=MISSING, description="Resources: `issue`, `error`, `comment`, …")
    features: Features | MISSING | None = MISSING
    schema_: Schema | MISSING | None = Field(default=MISSING, alias="schema", description="UI components.")
    webhook_url: WebhookUrl | MISSING | None = Field(default=MISSING, repr=False)
    webhook_headers: Headers | MISSING | None = Field(default=MISSING, description="Lines `Name: value`.", repr=False)
    webhook_timeout_seconds: Timeout | MISSING | None = Field(
        default=MISSING, description="Seconds that a webhook's call may take, 1 to 30; 5 on creation when absent."
    )
    redirect_url: RedirectUrl | MISSING | None = MISSING
    # Whatever type it has: the original takes an app back as it was read.
    is_internal: SkipJsonSchema[object] = False
    """What an app is was said when it was made; here, nothing that is said of it counts."""
    is_alertable: Flag | MISSING = Field(
        default=MISSING, description="Whether alerts call it; false on creation when absent."
    )
    overview: Overview | MISSING | None = MISSING
    verify_install: Flag | MISSING = Field(
        default=MISSING,
        description="Whether the app confirms each installation; true on creation of a public app when absent.",
    )
    allowed_origins: Origins | MISSING = MISSING
    popularity: Popularity | MISSING | None = Field(default=MISSING, description="Superusers and staff only.")
    is_disabled: Flag | MISSING | None = Field(default=MISSING, description="On a change; superusers and staff only.")

    @model_validator(mode="after")
    def _check_between_fields(self, info: ValidationInfo) -> Self:
        """Refuses by the first broken rule alone, as the original does: the later ones often follow from it."""
        requester = requester_of(info)
        app = requester.app
        if isinstance(self.scopes, list) and self.scopes and isinstance(self.events, list):
            unmet = unmet_scope_texts(self.events, scopes=self.scopes)
            # Only the first: the original stops there, and the next one is told when this one is mended.
            if unmet:
                raise ValidationFailed(fields={"events": unmet[:1]})
        # Of an app that exists its row counts and not the body.
        is_internal = app.is_internal if app else self.is_internal is True
        problem = self._url_needed_by(app, is_internal=is_internal)
        if problem and not _holds(self.webhook_url, app and app.webhook_url):
            raise ValidationFailed(fields={"webhookUrl": [problem]})
        if not is_internal and not _holds(self.author, app and app.author):
            raise ValidationFailed(fields={"author": ["author required for public integrations"]})
        if self.webhook_headers is MISSING and requester.moves_secrets(self.webhook_url):
            raise ValidationFailed(fields={"webhookHeaders": [HEADERS_ANEW]})
        return self

    def updater(self, requester: Requester) -> SentryAppUpdater:
        """The changes that the body asks for. Null empties texts, events and headers, and changes nothing else."""
        return SentryAppUpdater(
            columns=self._columns(requester),
            features=sent_or_none(self.features),
            status=sent_or_none(self.status),
            scopes=sent_or_none(self.scopes),
            events=() if self.events is None else sent_or_none(self.events),
            verify_install=sent_or_none(self.verify_install),
            allowed_origins=sent_or_none(self.allowed_origins),
            schema=sent_or_none(self.schema_),
        )

    def _columns(self, requester: Requester) -> dict[str, Any]:
        """What is stored as it was sent, by column; an empty text is stored as none."""
        ignored = _RULED if requester.is_elevated else _RULED | _ELEVATED
        sent = {
            name: None if value == "" else value
            for name, value in self
            if name in APP_COLUMNS and name not in ignored and value is not MISSING
        }
        if requester.app and not requester.sees_secrets:
            own = requester.app.webhook_url
            if own and sent.get("webhook_url") == without_credentials(own):
                del sent["webhook_url"]  # as they were shown it
        if sent.get("webhook_headers", ()) is None:
            sent["webhook_headers"] = []
        # Null empties what may be empty and changes nothing else.
        return {name: value for name, value in sent.items() if value is not None or APP_COLUMNS[name].null}

    def _url_needed_by(self, app: SentryApp | None, *, is_internal: bool) -> str | None:
        if not is_internal:
            return "webhookUrl required for public integrations"
        if _holds(self.events, app and app.events):
            return "webhookUrl required if webhook events are enabled"
        if _holds(self.is_alertable, app and app.is_alertable):
            return "webhookUrl required if alert rule action is enabled"
        return None


class AppBody(AppChangesBody):
    """An app to create."""

    model_config: ClassVar[ConfigDict] = shown_by({**APP_EXAMPLE, "organization": "acme", "isInternal": False})

    name: AppName
    is_internal: Flag = False
    organization: str = Field(description="Slug of the owner.")

    def creator(self, requester: Requester, *, owner: OrganizationReplica) -> SentryAppCreator:
        """The new app; an internal one is by its organization unless it says otherwise."""
        columns = self._columns(requester)
        columns.pop("is_disabled", None)
        # As in the original: an internal app is shown only to those who know the organization.
        if self.is_internal and not columns.get("author"):
            columns["author"] = owner.name
        if not columns.get("popularity"):
            columns.pop("popularity", None)  # the original takes zero for none, here and not on a change
        return SentryAppCreator(
            name=columns.pop("name"),
            organization_id=owner.id,
            is_internal=self.is_internal,
            scopes=sent_or_none(self.scopes) or (),
            events=sent_or_none(self.events) or (),
            # Nobody confirms an internal app's installation, which is made with it.
            verify_install=not self.is_internal and self.verify_install is not False,
            schema=sent_or_none(self.schema_) or {},
            allowed_origins=sent_or_none(self.allowed_origins) or (),
            columns=columns,
        )


class AppObject(Body):
    """An app."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            **APP_EXAMPLE,
            "avatars": [],
            "featureData": [FEATURE_EXAMPLE],
            "isDisabled": False,
            "metadata": {},
            "slug": "acme-kanban",
            "status": "unpublished",
            "uuid": "7a485448-a9e2-4c85-8a3c-4f44175783c9",
            "webhookEvents": ["comment.created", "issue.created"],
            "clientId": "64 hexadecimal digits",
            "clientSecret": "64 hexadecimal digits",
            "owner": {"id": 1, "slug": "acme"},
            "webhookHealth": {"state": "well", "circuitOpenedAt": None, "parkedAt": None},
        }
    )

    allowed_origins: list[str]
    author: str | None
    avatars: list[AvatarObject]
    events: list[str] = Field(description="Resources, and single events, of which the app hears.")
    feature_data: list[FeatureObject] = Field(description="Empty for an internal app.")
    is_alertable: bool
    is_disabled: bool
    metadata: dict[str, Any]
    name: str
    overview: str | None
    popularity: int | None
    redirect_url: str | None
    schema_: dict[str, Any] = Field(alias="schema")
    scopes: list[str] = Field(description="Sorted, with all that they imply.")
    slug: str
    status: Literal["unpublished", "published", "internal", "publish_request_inprogress", "deletion_in_progress"]
    uuid: str
    verify_install: bool
    webhook_events: list[str] = Field(description="Events of which the app hears.")
    webhook_url: str | None = Field(description="Without user and password for whoever may not see the secret.")
    webhook_headers: list[str] = Field(description="Values masked for whoever may not see the secret.")
    webhook_timeout_seconds: int = Field(description="Seconds that a webhook's call may take.")
    date_published: datetime | MISSING = Field(default=MISSING, description="Only when published.")
    client_id: str | MISSING | None = Field(default=MISSING, description="Only for the owner's members.")
    client_secret: str | MISSING | None = Field(
        default=MISSING,
        description="Only for the owner's members; null one day after creation, masked without its scopes.",
    )
    owner: OwnerObject | MISSING = Field(default=MISSING, description="Only for the owner's members.")
    webhook_health: WebhookHealthObject | MISSING = Field(default=MISSING, description="Only for the owner's members.")

    @classmethod
    def of(cls, details: AppDetails, *, principal: Principal, now: datetime, base_url: str) -> Self:
        """The app as this principal sees it.

        Args:
            details: the app.
            principal: who reads.
            now: decides whether the client secret is still shown.
            base_url: where this silo is reached; pictures lie below it.
        """
        app, application = details.app, details.application
        may_see = may_see_secrets(principal, app)
        # By name, so that a new column is shown by its line above alone.
        shown: dict[str, Any] = {name: getattr(app, name) for name in _SHOWN}
        shown |= {
            "allowed_origins": application.allowed_origins if application else [],
            "avatars": [avatar_object(avatar, base_url=base_url) for avatar in details.avatars],
            # Features advertise an app to strangers, of whom an internal one has none.
            "feature_data": [] if app.is_internal else [FeatureObject.of(app, each) for each in details.features],
            "schema_": app.schema,
            "scopes": app.scope_list,
            "status": SentryAppStatus.as_str(app.status),
            "webhook_events": app.expanded_events,
            "webhook_url": app.webhook_url if may_see else app.webhook_url and without_credentials(app.webhook_url),
            "webhook_headers": app.webhook_headers if may_see else mask_headers(app.webhook_headers),
            "date_published": app.date_published if app.is_published and app.date_published else MISSING,
        }
        # Left out and not null: the original's clients tell by the key whether the app is theirs.
        if not may_see_ownership(principal, app):
            return cls(**shown)
        return cls(
            **shown,
            client_id=application.client_id if application else None,
            client_secret=_secret(details, now=now, is_plain=may_see),
            owner=OwnerObject(id=app.owner_id, slug=details.owner_slug),
            webhook_health=WebhookHealthObject.of(details),
        )


_SHOWN = AppObject.model_fields.keys() & APP_COLUMNS.keys()
"""Fields that show the column of their name as it is, where ``AppObject.of`` says nothing else of them."""


def _secret(details: AppDetails, *, now: datetime, is_plain: bool) -> str | None:
    # Even its owner sees it for a day: who lost it has it rotated.
    if details.application is None or is_older_than(details.app, seconds=SECRET_SHOWN_SECONDS, now=now):
        return None
    return str(details.application.client_secret) if is_plain else MASKED_VALUE


def _holds(value: object, otherwise: object) -> bool:
    """Whether there is something after the change: in the body or, where that says nothing, in the app as it is."""
    return bool(otherwise if value is MISSING else value)
