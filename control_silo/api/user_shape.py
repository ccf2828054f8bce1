"""How users, regions and sign-in look in JSON, for the documentation. Checks nothing."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field


class UserBody(BaseModel):
    """A user to create."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"email": "jane@acme.example", "organization": "acme", "role": "manager"}]}
    )

    email: str = Field(max_length=75)
    name: str | None = None
    password: str | None = Field(default=None, min_length=8, max_length=256, description="Made up when absent.")
    organization: str | None = Field(default=None, description="Slug or id.")
    role: Literal["member", "admin", "manager", "owner"] = "member"
    isSuperuser: bool = False  # noqa: N815
    isStaff: bool = False  # noqa: N815


class NewUserObject(BaseModel):
    """A user who was just created, with secrets that are shown only now."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "email": "jane@acme.example",
                    "token": "64 hexadecimal digits",
                    "session": "64 hexadecimal digits",
                    "password": "correct horse",
                }
            ]
        }
    )

    id: int
    email: str
    token: str = Field(description="API token with every scope that the role allows.")
    session: str = Field(description="Value of the cookie `sentrysid`.")
    password: str


class ImpersonationObject(BaseModel):
    """A session that acts as somebody else; its key is shown only now."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "email": "jane@acme.example",
                    "session": "64 hexadecimal digits",
                    "expiresAt": "2030-01-01T01:00:00Z",
                }
            ]
        }
    )

    id: int = Field(description="Of whom it acts as.")
    email: str
    session: str = Field(description="Value of the cookie `sentrysid`.")
    expiresAt: str  # noqa: N815


class RegionObject(BaseModel):
    """A region."""

    name: str
    url: str


class RegionsObject(BaseModel):
    """The regions."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"regions": [{"name": "us", "url": "http://127.0.0.1:8001"}]}]}
    )

    regions: list[RegionObject]
