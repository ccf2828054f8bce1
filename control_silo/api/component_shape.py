"""How an app's component looks in JSON, for the documentation. Checks nothing."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from control_silo.api.app_shape import AvatarObject

_EXAMPLE: dict[str, Any] = {
    "uuid": "0f1e9b0a-38a4-4f0e-a5a5-3d3d3f5d7c1e",
    "type": "stacktrace-link",
    "schema": {"type": "stacktrace-link", "uri": "/code"},
    "error": "",
    "sentryApp": {
        "uuid": "7a485448-a9e2-4c85-8a3c-4f44175783c9",
        "slug": "acme-kanban",
        "name": "Acme Kanban",
        "avatars": [],
    },
}


class ComponentAppObject(BaseModel):
    """The app of a component."""

    uuid: str
    slug: str
    name: str
    avatars: list[AvatarObject]


class ComponentObject(BaseModel):
    """A component as the app describes it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    uuid: str
    type: Literal["issue-link", "alert-rule-action", "issue-media", "stacktrace-link"]
    schema_: dict[str, Any] = Field(alias="schema")
    error: Literal[""] = Field(description="Empty: nothing was asked of the app.")
    sentryApp: ComponentAppObject  # noqa: N815
