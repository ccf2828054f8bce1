"""How an app looks in JSON, for the documentation: what is sent and what is answered. Checks nothing."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

EXAMPLE_SCHEMA: dict[str, Any] = {"elements": [{"type": "stacktrace-link", "uri": "/code"}]}
_PUBLIC: dict[str, Any] = {
    "allowedOrigins": ["https://kanban.acme.example"],
    "author": "Acme",
    "events": ["comment", "issue"],
    "isAlertable": True,
    "name": "Acme Kanban",
    "overview": "Cards for issues.",
    "popularity": 1,
    "redirectUrl": "https://kanban.acme.example/setup",
    "schema": EXAMPLE_SCHEMA,
    "scopes": ["event:read", "event:write", "project:read"],
    "verifyInstall": True,
    "webhookHeaders": ["X-Kanban: blue"],
    "webhookUrl": "https://kanban.acme.example/webhook",
}
_FEATURE: dict[str, Any] = {
    "featureId": 1,
    "featureGate": "integrations-issue-link",
    "description": "Organizations can **create or link Sentry issues** to another service.",
}


def _may_be_absent(schema: JsonDict) -> None:
    """Of a field whose absence means that it stays, and not that it becomes what creation would make it."""
    schema.pop("default", None)


class AppChangesBody(BaseModel):
    """The fields of an app to change; what is left out stays as it is. An app as it was read may be sent back whole."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"overview": "Cards for issues.", "events": ["issue"]}]}
    )

    name: str = Field(default="", max_length=57, json_schema_extra=_may_be_absent)
    author: str | None = Field(default=None, description="Required for public apps.")
    webhookUrl: str | None = Field(default=None, max_length=512)  # noqa: N815
    webhookHeaders: list[str] | None = Field(default=None, description="Lines `Name: value`.")  # noqa: N815
    redirectUrl: str | None = None  # noqa: N815
    isAlertable: bool = Field(  # noqa: N815
        default=False, description="Whether alerts call it; false on creation.", json_schema_extra=_may_be_absent
    )
    verifyInstall: bool = Field(  # noqa: N815
        default=True,
        description="Whether the app confirms each installation; true on creation of a public app.",
        json_schema_extra=_may_be_absent,
    )
    scopes: list[str] | None = None
    events: list[str] | None = Field(default=None, description="Resources: `issue`, `error`, `comment`, …")
    features: list[int] | None = None
    schema_: dict[str, Any] | None = Field(default=None, alias="schema", description="UI components.")
    overview: str | None = None
    allowedOrigins: list[str] = Field(default=[], json_schema_extra=_may_be_absent)  # noqa: N815
    popularity: int | None = Field(default=None, ge=0, le=32_767, description="Superusers and staff only.")
    status: str | None = Field(default=None, description="Superusers and staff only.")
    isDisabled: bool | None = Field(default=None, description="On a change; superusers and staff only.")  # noqa: N815


class AppBody(AppChangesBody):
    """An app to create."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{**_PUBLIC, "organization": "acme", "isInternal": False}]}
    )

    name: str = Field(max_length=57)
    organization: str = Field(description="Slug of the owner.")
    isInternal: bool = False  # noqa: N815


class FeatureObject(BaseModel):
    """Something that an app does for the organizations that install it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"examples": [_FEATURE]})

    featureId: int  # noqa: N815
    featureGate: str  # noqa: N815
    description: str


class AvatarObject(BaseModel):
    """A picture of an app."""

    avatarType: Literal["default", "upload"]  # noqa: N815
    avatarUuid: str  # noqa: N815
    avatarUrl: str  # noqa: N815
    color: bool
    photoType: Literal["logo", "icon"]  # noqa: N815


class OwnerObject(BaseModel):
    """The organization that owns an app."""

    id: int
    slug: str | None


class AppObject(BaseModel):
    """An app."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_PUBLIC,
                    "avatars": [],
                    "featureData": [_FEATURE],
                    "isDisabled": False,
                    "metadata": {},
                    "slug": "acme-kanban",
                    "status": "unpublished",
                    "uuid": "7a485448-a9e2-4c85-8a3c-4f44175783c9",
                    "webhookEvents": ["comment.created", "issue.created"],
                    "clientId": "64 hexadecimal digits",
                    "clientSecret": "64 hexadecimal digits",
                    "owner": {"id": 1, "slug": "acme"},
                }
            ]
        }
    )

    allowedOrigins: list[str]  # noqa: N815
    author: str | None
    avatars: list[AvatarObject]
    events: list[str] = Field(description="Resources of which the app hears.")
    featureData: list[FeatureObject] = Field(description="Empty for an internal app.")  # noqa: N815
    isAlertable: bool  # noqa: N815
    isDisabled: bool  # noqa: N815
    metadata: dict[str, Any]
    name: str
    overview: str | None
    popularity: int | None
    redirectUrl: str | None  # noqa: N815
    schema_: dict[str, Any] = Field(alias="schema")
    scopes: list[str] = Field(description="Sorted, with all that they imply.")
    slug: str
    status: Literal["unpublished", "published", "internal", "publish_request_inprogress", "deletion_in_progress"]
    uuid: str
    verifyInstall: bool  # noqa: N815
    webhookEvents: list[str] = Field(description="Events of which the app hears.")  # noqa: N815
    webhookHeaders: list[str] = Field(description="Values masked for whoever may not see the secret.")  # noqa: N815
    webhookUrl: str | None  # noqa: N815
    datePublished: str = Field(default="", description="Only when published.")  # noqa: N815
    clientId: str | None = Field(default=None, description="Only for the owner's members.")  # noqa: N815
    clientSecret: str | None = Field(  # noqa: N815
        default=None,
        description="Only for the owner's members; null one day after creation, masked without its scopes.",
    )
    owner: OwnerObject | None = Field(default=None, description="Only for the owner's members.")
