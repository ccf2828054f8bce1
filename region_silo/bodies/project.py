"""Projects: to create, in a list and by themselves, and which secrets are filtered out of their events."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import MISSING, AfterValidator, ConfigDict, Field, model_validator

from region_silo.bodies.project_settings import ProjectFeatures, ProjectSettings, printed
from region_silo.models.project import Project
from region_silo.services.projects import scrubbing_of
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Flag, Text
from shared.bodies.organization import ORGANIZATION, OrganizationObject
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


def _checked_slug(text: str) -> str:
    if not is_valid_slug(text):
        raise FieldInvalid(SLUG_ERROR)
    return text


class ProjectBody(Body):
    """A project to create."""

    model_config: ClassVar[ConfigDict] = shown_by({"slug": "web", "name": "Web"})

    # Checked when the body is read; that it is free only the transaction can know.
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


_EXAMPLE: dict[str, Any] = {
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
    "access": ["event:read", "project:read"],
    "platforms": ["python"],
    "environments": ["production"],
    "organization": ORGANIZATION,
}


@dataclass(frozen=True, kw_only=True)
class ProjectView:
    """What is shown with a project."""

    organization: OrganizationObject
    scopes: Collection[str]
    """That who asks holds in the organization."""
    environments: Collection[str]
    """That the project's issues were seen in."""


class KnownProject(Body):
    """What is known of a project, in a list and by itself."""

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
    access: list[str] = Field(description="Scopes that the asker holds here, sorted.")
    platforms: list[str]
    environments: list[str] = Field(description="That its issues were seen in last, sorted.")
    organization: OrganizationObject


class ProjectObject(KnownProject, ProjectFeatures):
    """A project."""

    model_config: ClassVar[ConfigDict] = shown_by({**printed(ProjectFeatures), **_EXAMPLE, "team": None})

    # A list alone has it: by itself a project of the original's has a team, or leaves it out.
    team: None = None

    @classmethod
    def of(cls, project: Project, *, view: ProjectView) -> Self:
        return cls(**_fields_of(project, view))


def _fields_of(project: Project, view: ProjectView) -> dict[str, Any]:
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
        "access": sorted(view.scopes),
        # The original lists those of its events; a project's own is what its keys were made for.
        "platforms": [project.platform] if project.platform else [],
        "environments": sorted(view.environments),
        "organization": view.organization,
    }


# A hundred names, since each is looked for in every value of every event.
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


class ProjectDetailObject(KnownProject, ProjectFeatures, ProjectSettings):
    """A project by itself."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            **printed(ProjectFeatures),
            **printed(ProjectSettings),
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
    def of(cls, project: Project, *, view: ProjectView) -> Self:
        scrubbing = scrubbing_of(project)
        return cls(
            **_fields_of(project, view),
            data_scrubber=scrubbing.is_on,
            data_scrubber_defaults=scrubbing.with_defaults,
            sensitive_fields=list(scrubbing.sensitive_fields),
            safe_fields=list(scrubbing.safe_fields),
        )


def _random_text(length: int) -> str:
    return "".join(secrets.choice(NUMERIC_SUFFIX_ALPHABET) for _ in range(length))
