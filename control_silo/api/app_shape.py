"""How an app looks in JSON, for the documentation: what is sent and what is answered. Checks nothing."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

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


class AppBody(BaseModel):
    """An app to create, or the fields of one to change; a change leaves out what stays as it is."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{**_PUBLIC, "organization": "acme", "isInternal": False}]}
    )

    name: str | None = Field(default=None, max_length=57, description="Required on creation.")
    organization: str | None = Field(default=None, description="Slug of the owner; required on creation.")
    author: str | None = Field(default=None, description="Required for public apps.")
    webhookUrl: str | None = Field(default=None, max_length=512)  # noqa: N815
    webhookHeaders: list[str] | None = Field(default=None, description="Lines `Name: value`.")  # noqa: N815
    redirectUrl: str | None = None  # noqa: N815
    isAlertable: bool = False  # noqa: N815
    isInternal: bool = Field(default=False, description="On creation only.")  # noqa: N815
    verifyInstall: bool = True  # noqa: N815
    scopes: list[str] | None = None
    events: list[str] | None = Field(default=None, description="Resources: `issue`, `error`, `comment`, …")
    features: list[int] | None = None
    schema_: dict[str, Any] | None = Field(default=None, alias="schema", description="UI components.")
    overview: str | None = None
    allowedOrigins: list[str] | None = None  # noqa: N815
    popularity: int | None = Field(default=None, ge=0, le=32_767, description="Superusers and staff only.")
    status: str | None = Field(default=None, description="Superusers and staff only.")
    isDisabled: bool | None = Field(default=None, description="On a change; superusers and staff only.")  # noqa: N815


class FeatureObject(BaseModel):
    """Something that an app does for the organizations that install it."""

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
                    "featureData": [
                        {"featureId": 0, "featureGate": "integrations-api", "description": "Acme Kanban can …"}
                    ],
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
