"""How an organization looks in JSON to who reads it alone, for the documentation. Checks nothing."""

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from region_silo.api.examples import ORGANIZATION, shown_by
from shared.http.organization_object import OrganizationObject


class OrganizationDetailObject(OrganizationObject):
    """An organization, with what who asks may do in it."""

    model_config: ClassVar[ConfigDict] = shown_by(ORGANIZATION)

    access: list[str] = Field(description="Scopes that the asker holds here, sorted.")
    orgRole: Literal["member", "admin", "manager", "owner"] | None = Field(  # noqa: N815
        description="Null for an app, and for who does not belong to the organization."
    )
