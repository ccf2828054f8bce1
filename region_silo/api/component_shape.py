"""How prepared components and interaction counts look in JSON, for the documentation. Checks nothing."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from region_silo.api.examples import COMPONENT, INTERACTION, shown_by


class AvatarObject(BaseModel):
    """A picture of an app."""

    avatarType: Literal["default", "upload"]  # noqa: N815
    avatarUuid: str | None  # noqa: N815
    avatarUrl: str | None  # noqa: N815
    color: bool
    photoType: Literal["logo", "icon"]  # noqa: N815


class ComponentAppObject(BaseModel):
    """The app of a component."""

    uuid: str
    slug: str
    name: str
    avatars: list[AvatarObject]


class PreparedComponentObject(BaseModel):
    """A component as one installation sees it."""

    model_config: ClassVar[ConfigDict] = shown_by(COMPONENT)

    uuid: str
    type: Literal["issue-link", "alert-rule-action", "issue-media", "stacktrace-link"]
    schema_: dict[str, Any] = Field(alias="schema", description="The component, with choices and addresses filled in.")
    error: str = Field(description="What went wrong with its app; empty when nothing did.")
    sentryApp: ComponentAppObject  # noqa: N815


class InteractionBody(BaseModel):
    """What the person did."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [{"tsdbField": "sentry_app_component_interacted", "componentType": "issue-link"}]
        }
    )

    tsdbField: Literal["sentry_app_viewed", "sentry_app_component_interacted"]  # noqa: N815
    componentType: Literal["stacktrace-link", "issue-link"] | None = None  # noqa: N815


class CountedObject(BaseModel):
    """An empty object: it was counted."""

    model_config: ClassVar[ConfigDict] = shown_by({})


class InteractionObject(BaseModel):
    """How often the app was looked at, and how often each of its components was used, interval by interval."""

    model_config: ClassVar[ConfigDict] = shown_by(INTERACTION)

    views: list[list[int]] = Field(description="Pairs of the interval's start, in Unix seconds, and the count.")
    componentInteractions: dict[str, list[list[int]]]  # noqa: N815
