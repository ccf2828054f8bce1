"""How an installation looks in JSON, for the documentation. Checks nothing."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field


class InstallBody(BaseModel):
    """The app to install."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"examples": [{"slug": "acme-kanban"}]})

    slug: str = Field(max_length=64)


class ConfirmBody(BaseModel):
    """What an app says of its installation."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"examples": [{"status": "installed"}]})

    status: Literal["installed"] = "installed"


class InstalledAppObject(BaseModel):
    """The app of an installation."""

    uuid: str
    slug: str
    sentryAppId: int  # noqa: N815


class InstallingOrganizationObject(BaseModel):
    """The organization of an installation."""

    slug: str
    id: int


class InstallationObject(BaseModel):
    """An app installed in an organization."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "app": {"uuid": "7a485448-a9e2-4c85-8a3c-4f44175783c9", "slug": "acme-kanban", "sentryAppId": 1},
                    "organization": {"slug": "acme", "id": 1},
                    "uuid": "eac5a0ae-60ec-418f-9318-46dc5e7e52ec",
                    "status": "pending",
                    "code": "64 hexadecimal digits",
                }
            ]
        }
    )

    app: InstalledAppObject
    organization: InstallingOrganizationObject
    uuid: str
    status: Literal["pending", "installed", "pending_deletion"]
    code: str = Field(default="", description="Present until exchanged, for whoever may install.")
