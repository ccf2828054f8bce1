"""How projects and their keys look in JSON, sent and answered, for the documentation. Checks nothing."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from region_silo.api.examples import PROJECT, PROJECT_KEY, shown_by


class ProjectBody(BaseModel):
    """A project to create."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"examples": [{"slug": "web", "name": "Web"}]})

    slug: str | None = Field(default=None, max_length=64, description="Made from the name when it is absent.")
    name: str | None = Field(default=None, max_length=200, description="The slug when it is absent.")
    platform: str | None = Field(default=None, max_length=64, examples=["python"])


class OrganizationReference(BaseModel):
    """The organization that a project belongs to."""

    id: str
    slug: str
    name: str


class ProjectObject(BaseModel):
    """A project."""

    model_config: ClassVar[ConfigDict] = shown_by(PROJECT)

    id: str
    slug: str
    name: str
    platform: str | None
    dateCreated: str  # noqa: N815
    firstEvent: str | None = Field(description="When its first event came in.")  # noqa: N815
    status: Literal["active"]
    hasAccess: bool  # noqa: N815
    isMember: bool  # noqa: N815
    features: list[str]
    teams: list[Any] = Field(description="Always empty: there are no teams.")
    organization: OrganizationReference


class DsnObject(BaseModel):
    """Addresses that SDKs are configured with."""

    public: str = Field(examples=["http://0123456789abcdef0123456789abcdef@127.0.0.1:8001/1025"])


class ProjectKeyObject(BaseModel):
    """What a project's events are sent with."""

    model_config: ClassVar[ConfigDict] = shown_by(PROJECT_KEY)

    id: str
    name: str
    label: str
    public: str
    projectId: int  # noqa: N815
    isActive: bool  # noqa: N815
    dsn: DsnObject
    dateCreated: str  # noqa: N815
