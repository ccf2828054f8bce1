"""What belongs to an app: its features, pictures and components (spec §4.9), and what is said of its publication."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import BeforeValidator, ConfigDict, Field, SkipValidation, WithJsonSchema, model_validator

from control_silo.models.app import SentryApp, SentryAppAvatar, SentryAppComponent
from control_silo.services.avatar import check_icon, parse_photo
from control_silo.services.find_app import AppDetails
from shared.bodies.avatar import AvatarObject
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Flag, Text
from shared.domain.features import IntegrationFeature
from shared.domain.json_field import FieldInvalid, parse_text, shown
from shared.domain.json_value import JsonValue
from shared.errors import ValidationFailed

APP_EXAMPLE: dict[str, Any] = {
    "allowedOrigins": ["https://kanban.acme.example"],
    "author": "Acme",
    "events": ["comment", "issue"],
    "isAlertable": True,
    "name": "Acme Kanban",
    "overview": "Cards for issues.",
    "popularity": 1,
    "redirectUrl": "https://kanban.acme.example/setup",
    "schema": {"elements": [{"type": "stacktrace-link", "uri": "/code"}]},
    "scopes": ["event:read", "event:write", "project:read"],
    "verifyInstall": True,
    "webhookHeaders": ["X-Kanban: blue"],
    "webhookTimeoutSeconds": 5,
    "webhookUrl": "https://kanban.acme.example/webhook",
}
FEATURE_EXAMPLE: dict[str, Any] = {
    "featureId": 1,
    "featureGate": "integrations-issue-link",
    "description": "Organizations can **create or link Sentry issues** to another service.",
}


class OwnerObject(Body):
    """The organization that owns an app."""

    id: int
    slug: str | None


class WebhookHealthObject(Body):
    """How well an app takes what it is sent, over all silos."""

    model_config: ClassVar[ConfigDict] = shown_by({"state": "well", "circuitOpenedAt": None, "parkedAt": None})

    state: Literal["well", "parked", "circuit_open"]
    circuit_opened_at: datetime | None = Field(
        description="Since when webhooks are held back, because calls take too long."
    )
    parked_at: datetime | None = Field(description="When a webhook was given up, the first since the app answered.")

    @classmethod
    def of(cls, details: AppDetails) -> Self:
        """What is known of the app."""
        opened_at, parked_at = details.circuit_opened_at, details.parked_at
        # Nothing arrives while it is open; that one was given up says only that something was missed.
        state: Literal["well", "parked", "circuit_open"] = (
            "circuit_open" if opened_at else "parked" if parked_at else "well"
        )
        return cls(state=state, circuit_opened_at=opened_at, parked_at=parked_at)


class FeatureObject(Body):
    """Something that an app does for the organizations that install it."""

    model_config: ClassVar[ConfigDict] = shown_by(FEATURE_EXAMPLE)

    feature_id: int
    feature_gate: str
    description: str

    @classmethod
    def of(cls, app: SentryApp, number: int) -> Self:
        """A feature of an app, by its number."""
        feature = IntegrationFeature(number)
        return cls(feature_id=number, feature_gate=feature.gate, description=feature.describe(app_name=app.name))


def _read_photo(value: JsonValue) -> bytes | None:
    # Neither is a picture to its clients; which of the two was meant makes no difference.
    return None if value in (None, "") else parse_photo(value)


def _read_kind(value: JsonValue) -> str:
    text = parse_text(value, max_characters=64, is_blank_allowed=False)
    if text not in {"default", "upload"}:
        raise FieldInvalid(f'"{shown(text)}" is not a valid choice.')
    return text


class AvatarBody(Body):
    """A picture to use, or to use no longer."""

    # The original names these fields with underscores.
    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=None) | shown_by(
        {"color": True, "avatar_type": "default"}
    )

    # A picture in base64 is longer than any other field.
    max_bytes: ClassVar[int] = 8_388_608

    avatar_photo: Annotated[
        bytes | None, BeforeValidator(_read_photo), WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]})
    ] = Field(
        default=None, repr=False, description="A square PNG of 256 to 1024 pixels in base64; required for `upload`."
    )
    avatar_type: Annotated[Literal["default", "upload"], BeforeValidator(_read_kind)] = Field(
        description="`default` takes the picture away."
    )
    color: Flag = Field(description="Whether it is the logo; else the icon, which is one colour on transparency.")

    @model_validator(mode="after")
    def _check_picture(self) -> Self:
        # Whatever picture is sent beside it counts for nothing.
        if self.avatar_type == "default":
            return self
        if self.avatar_photo is None:
            text = "A logo is required." if self.color else "An icon is required."
            raise ValidationFailed(fields={"avatar_photo": [text]})
        if not self.color:
            try:
                check_icon(self.avatar_photo)
            except FieldInvalid as invalid:
                raise ValidationFailed(fields={"avatar_photo": invalid.texts}) from invalid
        return self

    @property
    def photo(self) -> bytes | None:
        """The picture to use; None for none."""
        return None if self.avatar_type == "default" else self.avatar_photo


def avatar_object(avatar: SentryAppAvatar, *, base_url: str) -> AvatarObject:
    """A picture of an app; it lies below ``base_url``, where control is reached."""
    is_uploaded = bool(avatar.avatar_type)
    return AvatarObject.of(ident=avatar.ident, is_uploaded=is_uploaded, is_logo=avatar.color, base_url=base_url)


class ComponentAppObject(Body):
    """The app of a component."""

    uuid: str
    slug: str
    name: str
    avatars: list[AvatarObject]


class ComponentObject(Body):
    """A component as the app describes it."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "uuid": "0f1e9b0a-38a4-4f0e-a5a5-3d3d3f5d7c1e",
            "type": "stacktrace-link",
            "schema": {"type": "stacktrace-link", "uri": "/code"},
            "error": "",
            "sentryApp": {
                "uuid": "7a485448-a9e2-4c85-8a3c-4f44175783c9",
                "slug": "acme-kanban",
                "name": "Acme Kanban",
                "avatars": [],
            },
        }
    )

    uuid: str
    type: Literal["issue-link", "alert-rule-action", "issue-media", "stacktrace-link"]
    schema_: dict[str, Any] = Field(alias="schema")
    error: Literal[""] = Field(description="Empty: nothing was asked of the app.")
    sentry_app: ComponentAppObject

    @classmethod
    def of(cls, component: SentryAppComponent, details: AppDetails, *, base_url: str) -> Self:
        """A component of an app; the app's pictures lie below ``base_url``."""
        app, kind = details.app, cast(Any, component.type)  # of which the schema was checked when it was stored
        avatars = [avatar_object(avatar, base_url=base_url) for avatar in details.avatars]
        return cls(
            uuid=component.uuid,
            type=kind,
            schema=component.schema,
            error="",
            sentry_app=ComponentAppObject(uuid=app.uuid, slug=app.slug, name=app.name, avatars=avatars),
        )


MAX_QUESTIONS = 100
_MAX_TEXT_CHARACTERS = 10_000


class AnsweredBody(Body):
    """A question, and what the developer of the app says."""

    question: Annotated[str, Text(_MAX_TEXT_CHARACTERS)]
    answer: Annotated[str, Text(_MAX_TEXT_CHARACTERS)]


class PublishRequestBody(Body):
    """What whoever publishes apps should know."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {"questionnaire": [{"question": "What does it do?", "answer": "It turns issues into cards."}]}
    )

    # Each is read by itself: the original tells what is wrong with it at its place in the list.
    questionnaire: Annotated[list[SkipValidation[AnsweredBody]], Field(max_length=MAX_QUESTIONS)]
