"""How alert rules look in JSON, for the documentation: what is sent and what is answered. Checks nothing."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from region_silo.api.examples import NOW, shown_by

_EXAMPLE: dict[str, Any] = {
    "name": "Tell Kanban",
    "actionMatch": "all",
    "filterMatch": "all",
    "frequency": 30,
    "conditions": [{"id": "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"}],
    "filters": [],
    "actions": [
        {
            "id": "sentry.rules.actions.notify_event_sentry_app.NotifyEventSentryAppAction",
            "sentryAppInstallationUuid": "6e57b4d3-5a5c-4a0e-9a5a-6f2f9a4a9b1c",
            "settings": [{"name": "title", "value": "Look at this"}],
        }
    ],
}


_STORED: dict[str, Any] = {
    "id": "1",
    "environment": None,
    "projects": ["web"],
    "status": "active",
    "dateCreated": NOW,
}


class RuleBody(BaseModel):
    """A rule to store."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: str = Field(min_length=1, max_length=256)
    actions: list[dict[str, Any]] = Field(min_length=1, description="Objects with an `id`.")
    conditions: list[dict[str, Any]] = Field(default=[], description="Objects with an `id`.")
    filters: list[dict[str, Any]] = Field(default=[], description="Objects with an `id`.")
    actionMatch: Literal["all", "any", "none"] = "all"  # noqa: N815
    filterMatch: Literal["all", "any", "none"] = "all"  # noqa: N815
    frequency: int = Field(default=30, ge=5, le=43_200, description="Minutes between two actions for one issue.")
    environment: str | None = None


class RuleObject(BaseModel):
    """A rule."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {**_EXAMPLE, "id": "1", "environment": None, "projects": ["web"], "status": "active", "dateCreated": NOW}
    )

    id: str
    name: str
    actions: list[dict[str, Any]]
    conditions: list[dict[str, Any]]
    filters: list[dict[str, Any]]
    actionMatch: str  # noqa: N815
    filterMatch: str  # noqa: N815
    frequency: int
    environment: str | None
    projects: list[str]
    status: Literal["active"]
    dateCreated: str  # noqa: N815
