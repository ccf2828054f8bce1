"""Projects and the keys that their events come in with."""

import secrets
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import MISSING, AfterValidator, ConfigDict, Field, model_validator

from region_silo.models.organization import Organization
from region_silo.models.project import Project
from region_silo.services.projects import scrubbing_of
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Flag, Text
from shared.domain.json_field import FieldInvalid
from shared.domain.slug import (
    MAX_SLUG_CHARACTERS,
    NUMERIC_SUFFIX_ALPHABET,
    SLUG_ERROR,
    is_valid_slug,
    slugify_name,
)
from shared.errors import ValidationFailed

_NOW = "2030-01-01T12:00:00Z"
_KEY = "0123456789abcdef0123456789abcdef"


def _checked_slug(text: str) -> str:
    if not is_valid_slug(text):
        raise FieldInvalid(SLUG_ERROR)
    return text


class ProjectBody(Body):
    """A project to create."""

    model_config: ClassVar[ConfigDict] = shown_by({"slug": "web", "name": "Web"})

    slug: Annotated[str, Text(MAX_SLUG_CHARACTERS), AfterValidator(_checked_slug)] | MISSING = Field(
        default=MISSING, description="Made from the name when it is absent."
    )
    name: Annotated[str, Text(200, is_one_line=True)] | MISSING = Field(
        default=MISSING, description="The slug when it is absent."
    )
    platform: Annotated[str, Text(64, is_blank_allowed=True, is_one_line=True)] | None = Field(
        default=None, examples=["python"]
    )

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        # Either makes the other; without both there is nothing to make one of.
        if self.slug is MISSING and self.name is MISSING:
            raise ValidationFailed(fields={"slug": ["This field is required."]})
        return self

    def choose_slug(self) -> str:
        """The slug that was sent, or one made from the name."""
        # Random text for a name that is a number: its slug would be read as an id.
        return slugify_name(str(self.name), random_text=_random_text) if self.slug is MISSING else self.slug


class OrganizationReference(Body):
    """The organization that a project belongs to."""

    id: str
    slug: str
    name: str


_EXAMPLE = {
    "id": "1025",
    "slug": "web",
    "name": "Web",
    "platform": "python",
    "dateCreated": _NOW,
    "firstEvent": _NOW,
    "status": "active",
    "hasAccess": True,
    "isMember": True,
    "features": [],
    "teams": [],
    "organization": {"id": "1", "slug": "acme", "name": "Acme"},
}


class ProjectObject(Body):
    """A project."""

    model_config: ClassVar[ConfigDict] = shown_by(_EXAMPLE)

    id: str
    slug: str
    name: str
    platform: str | None
    date_created: datetime
    first_event: datetime | None = Field(description="When its first event came in.")
    status: Literal["active"]
    has_access: Literal[True]
    is_member: Literal[True]
    features: list[str]
    teams: list[str] = Field(description="Always empty: there are no teams.")
    organization: OrganizationReference

    @classmethod
    def of(cls, project: Project, *, organization: Organization) -> Self:
        return cls(**_fields_of(project, organization))


def _fields_of(project: Project, organization: Organization) -> dict[str, Any]:
    return {
        "id": str(project.id),
        "slug": project.slug,
        "name": project.name,
        "platform": project.platform,
        "date_created": project.created_at,
        "first_event": project.first_event_at,
        "status": "active",
        "has_access": True,
        "is_member": True,
        "features": [],
        "teams": [],
        "organization": OrganizationReference(id=str(organization.id), slug=organization.slug, name=organization.name),
    }


Names = Annotated[list[Annotated[str, Text(200, is_one_line=True)]], Field(max_length=100)]


class ScrubbingBody(Body):
    """What to filter out of a project's events; what is left out stays as it is."""

    model_config: ClassVar[ConfigDict] = shown_by({"sensitiveFields": ["iban"], "safeFields": ["author"]})

    data_scrubber: Flag | MISSING = Field(default=MISSING, description="Whether secrets are filtered at all.")
    data_scrubber_defaults: Flag | MISSING = Field(
        default=MISSING, description="Whether the usual rules apply: passwords, tokens, cookies, card numbers."
    )
    sensitive_fields: Names | MISSING = Field(default=MISSING, description="Names whose values are filtered besides.")
    safe_fields: Names | MISSING = Field(default=MISSING, description="Names whose values stay in any case.")

    def change(self) -> dict[str, Any]:
        """The fields of ``Scrubbing`` that shall have other values."""
        wanted = {
            "is_on": self.data_scrubber,
            "with_defaults": self.data_scrubber_defaults,
            "sensitive_fields": self.sensitive_fields,
            "safe_fields": self.safe_fields,
        }
        # An empty list is a value: it takes away the names that were there.
        return {name: value for name, value in wanted.items() if value is not MISSING}


class ProjectDetailObject(ProjectObject):
    """A project by itself."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            **_EXAMPLE,
            "dataScrubber": True,
            "dataScrubberDefaults": True,
            "sensitiveFields": ["iban"],
            "safeFields": ["author"],
        }
    )

    data_scrubber: bool
    data_scrubber_defaults: bool
    sensitive_fields: list[str]
    safe_fields: list[str]

    @classmethod
    def of(cls, project: Project, *, organization: Organization) -> Self:
        scrubbing = scrubbing_of(project)
        return cls(
            **_fields_of(project, organization),
            data_scrubber=scrubbing.is_on,
            data_scrubber_defaults=scrubbing.with_defaults,
            sensitive_fields=list(scrubbing.sensitive_fields),
            safe_fields=list(scrubbing.safe_fields),
        )


class DsnObject(Body):
    """Addresses that SDKs are configured with."""

    public: str = Field(examples=[f"http://{_KEY}@127.0.0.1:8001/1025"])


class ProjectKeyObject(Body):
    """What a project's events are sent with."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "id": _KEY,
            "name": "Default",
            "label": "Default",
            "public": _KEY,
            "projectId": 1025,
            "isActive": True,
            "dsn": {"public": f"http://{_KEY}@127.0.0.1:8001/1025"},
            "dateCreated": _NOW,
        }
    )

    id: str
    name: str
    label: str
    public: str
    project_id: int
    is_active: bool
    dsn: DsnObject
    date_created: datetime

    @classmethod
    def of(cls, project: Project, *, base_url: str) -> Self:
        """The one key that a project has; its DSN lies below ``base_url``, where this region's HTTP is reached."""
        return cls(
            id=project.public_key,
            name="Default",
            label="Default",
            public=project.public_key,
            project_id=project.id,
            is_active=True,
            dsn=DsnObject(public=dsn(project, base_url=base_url)),
            date_created=project.created_at,
        )


def dsn(project: Project, *, base_url: str) -> str:
    """Where an SDK sends the events of a project."""
    place = urlsplit(base_url)
    # The form that every SDK parses: the key where a user's name would stand, the project as the last part of the path.
    return f"{place.scheme}://{project.public_key}@{place.netloc}{place.path.rstrip('/')}/{project.id}"


def _random_text(length: int) -> str:
    return "".join(secrets.choice(NUMERIC_SUFFIX_ALPHABET) for _ in range(length))
