"""How organizations and their features look in JSON, for the documentation. Checks nothing."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field


class OrganizationBody(BaseModel):
    """An organization to create."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"slug": "acme", "name": "Acme", "region": "us"}]}
    )

    slug: str = Field(max_length=50)
    name: str | None = Field(default=None, max_length=64, description="The slug when absent.")
    region: str = Field(description="Name of the region that will own it.")


class NewOrganizationObject(BaseModel):
    """An organization that was just created."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"id": "1", "slug": "acme", "name": "Acme", "region": "us"}]}
    )

    id: str
    slug: str
    name: str
    region: str


class FeatureBody(BaseModel):
    """A feature to switch on or off."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"feature": "organizations:integrations-event-hooks", "enabled": False}]}
    )

    feature: str = Field(max_length=128, description="Full name, known or not.")
    enabled: bool
