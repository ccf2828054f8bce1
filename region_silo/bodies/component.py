"""Prepared components, and how often people used them."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import ConfigDict, Field, WithJsonSchema

from region_silo.services.interaction import COMPONENT_TYPES, Counts, TsdbField
from shared.asking.prepare import PreparedComponent
from shared.bodies.avatar import AvatarObject
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Choice, JsonDict


class ComponentAppObject(Body):
    """The app of a component."""

    uuid: str
    slug: str
    name: str
    avatars: list[AvatarObject]


class PreparedComponentObject(Body):
    """A component as one installation sees it."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "uuid": "4d8c6a60-3f0e-4e0a-9d52-6a2a2c2e9b7d",
            "type": "stacktrace-link",
            "schema": {"type": "stacktrace-link", "uri": "/source", "url": "https://kanban.acme.example/source"},
            "error": "",
            "sentryApp": {
                "uuid": "9f0c2a7e-1f7b-4a53-8a4c-3f6f0f6b2f11",
                "slug": "acme-kanban",
                "name": "Acme Kanban",
                "avatars": [],
            },
        }
    )

    uuid: str
    type: Annotated[str, Choice("issue-link", "alert-rule-action", "issue-media", "stacktrace-link")]
    schema_: JsonDict = Field(alias="schema", description="The component, with choices and addresses filled in.")
    error: str = Field(description="What went wrong with its app; empty when nothing did.")
    sentry_app: ComponentAppObject

    @classmethod
    def of(cls, prepared: PreparedComponent, *, base_url: str) -> Self:
        """A component of an app whose pictures lie below ``base_url``."""
        component, app = prepared.context.component, prepared.context.installation.sentry_app
        avatars = [
            AvatarObject.of(
                # The type is a number, of which zero stands for the picture that nobody uploaded.
                ident=avatar.ident,
                is_uploaded=bool(avatar.avatar_type),
                is_logo=avatar.color,
                base_url=base_url,
            )
            for avatar in app.avatars
        ]
        return cls(
            uuid=component.uuid,
            type=component.type,
            schema=dict(prepared.schema),
            error=prepared.error,
            sentry_app=ComponentAppObject(uuid=app.uuid, slug=app.slug, name=app.name, avatars=avatars),
        )


class InteractionBody(Body):
    """What the person did."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [{"tsdbField": "sentry_app_component_interacted", "componentType": "issue-link"}],
            "required": ["tsdbField"],
        }
    )

    # Both are checked beside the app that was looked at, and refused as its errors are.
    tsdb_field: Annotated[Any, WithJsonSchema({"type": "string", "enum": [*TsdbField]})] = None
    component_type: Annotated[Any, WithJsonSchema({"type": ["string", "null"], "enum": [*COMPONENT_TYPES, None]})] = (
        None
    )


class CountedObject(Body):
    """An empty object: it was counted."""

    model_config: ClassVar[ConfigDict] = shown_by({})


class InteractionObject(Body):
    """How often the app was looked at, and how often each of its components was used, interval by interval."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "views": [[1893456000, 5], [1893459600, 0]],
            "componentInteractions": {"issue-link": [[1893456000, 2], [1893459600, 0]]},
        }
    )

    views: list[tuple[int, int]] = Field(description="Pairs of the interval's start, in Unix seconds, and the count.")
    component_interactions: dict[str, list[tuple[int, int]]]

    @classmethod
    def of(cls, views: Counts, interactions: Mapping[str, Counts]) -> Self:
        """The counts of the app, and of its components by their types."""
        return cls(
            views=list(views), component_interactions={name: list(found) for name, found in interactions.items()}
        )
