"""An organization as who reads it alone sees it."""

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from shared.bodies.body import shown_by
from shared.bodies.fields import Choice
from shared.bodies.organization import ORGANIZATION, OrganizationObject
from shared.domain.scopes import Role


class OrganizationDetailObject(OrganizationObject):
    """An organization, with what who asks may do in it."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {**ORGANIZATION, "access": ["event:read", "org:read", "project:read"], "orgRole": "member"}
    )

    access: list[str] = Field(description="Scopes that the asker holds here, sorted.")
    org_role: Annotated[str, Choice(*Role)] | None = Field(
        description="Null for an app, and for who does not belong to the organization."
    )
