"""What every webhook has around its ``data``."""

from pydantic import Field

from shared.bodies.body import Body


class HookInstallationObject(Body):
    """The installation that is told."""

    uuid: str


class HookActorObject(Body):
    """Who did it: a person, an app, or the platform itself, which is the application `sentry`."""

    type: str
    id: int | str = Field(description="The number of a person, the uuid of an app.")
    name: str
