"""Organizations as control makes, lists and switches features for them; the region that owns one knows more of it."""

from datetime import datetime
from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, WithJsonSchema

from control_silo.models.region import OrganizationReplica
from control_silo.services.organization import MAX_NAME_CHARACTERS
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Flag, Text
from shared.bodies.organization import OrganizationObject
from shared.domain.features import MAX_FEATURE_NAME_CHARACTERS
from shared.domain.slug import MAX_ORGANIZATION_SLUG_CHARACTERS

_MAX_TEXT_CHARACTERS = 255
_NAME = {"type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARACTERS}
"""What the service takes in the end, which tells of a longer name together with whatever else is wrong."""


class OrganizationBody(Body):
    """An organization to create."""

    model_config: ClassVar[ConfigDict] = shown_by({"slug": "acme", "name": "Acme", "region": "us"})

    slug: Annotated[str, Text(MAX_ORGANIZATION_SLUG_CHARACTERS)]
    name: Annotated[str, Text(_MAX_TEXT_CHARACTERS), WithJsonSchema(_NAME)] | None = Field(
        default=None, description="The slug when absent."
    )
    region: Annotated[str, Text(_MAX_TEXT_CHARACTERS)] = Field(description="Name of the region that will own it.")


class NewOrganizationObject(Body):
    """An organization that was just created."""

    model_config: ClassVar[ConfigDict] = shown_by({"id": "1", "slug": "acme", "name": "Acme", "region": "us"})

    id: str
    slug: str
    name: str
    region: str

    @classmethod
    def of(cls, organization: OrganizationReplica) -> Self:
        return cls(
            id=str(organization.id),
            slug=organization.slug,
            name=organization.name,
            region=organization.region_name,
        )


class FeatureBody(Body):
    """A feature to switch on or off."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {"feature": "organizations:integrations-event-hooks", "enabled": False}
    )

    feature: Annotated[str, Text(MAX_FEATURE_NAME_CHARACTERS)] = Field(description="Full name, known or not.")
    enabled: Flag


def organization_object(
    organization: OrganizationReplica, *, created_at: datetime, base_url: str, region_url: str
) -> OrganizationObject:
    """An organization as lists show it.

    Args:
        organization: the organization.
        created_at: when it came to be.
        base_url: where control is reached; it serves every path of the organization.
        region_url: where the organization's region is reached.
    """
    return OrganizationObject.of(
        id=organization.id,
        slug=organization.slug,
        name=organization.name,
        status=organization.status,
        created_at=created_at,
        base_url=base_url,
        region_url=region_url,
    )
