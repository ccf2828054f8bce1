"""How events look in JSON, for the documentation. Checks nothing."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from region_silo.api.examples import EVENT, EVENT_SUMMARY, shown_by


class TagObject(BaseModel):
    """Something that events can be told apart by."""

    key: str
    value: str


class EventUserObject(BaseModel):
    """Whom an event hit."""

    id: str | None
    email: str | None
    username: str | None
    ip_address: str | None
    name: str | None
    data: None


class EventOutlineObject(BaseModel):
    """What lists and the event itself both show."""

    id: str
    eventID: str  # noqa: N815
    groupID: str  # noqa: N815
    projectID: str  # noqa: N815
    title: str
    message: str
    location: str | None
    culprit: str
    platform: str
    tags: list[TagObject]
    user: EventUserObject | None
    dateCreated: str  # noqa: N815
    crashFile: None  # noqa: N815


class EventSummaryObject(EventOutlineObject):
    """An event in a list."""

    model_config: ClassVar[ConfigDict] = shown_by(EVENT_SUMMARY)

    event_type: Literal["error", "default"] = Field(alias="event.type")


class EntryObject(BaseModel):
    """A part of an event."""

    type: Literal["exception", "message", "threads", "breadcrumbs", "request"]
    data: dict[str, Any]


class ReleaseObject(BaseModel):
    """The version of the monitored software."""

    version: str


class EventObject(EventOutlineObject):
    """An event."""

    model_config: ClassVar[ConfigDict] = shown_by(EVENT)

    type: Literal["error", "default"]
    metadata: dict[str, Any]
    size: int
    entries: list[EntryObject]
    dist: str | None
    release: ReleaseObject | None
    contexts: dict[str, Any]
    sdk: dict[str, Any] | None
    context: dict[str, Any] = Field(description="The `extra` that was sent.")
    packages: dict[str, Any]
    errors: list[Any]
    dateReceived: str  # noqa: N815
    nextEventID: str | None  # noqa: N815
    previousEventID: str | None  # noqa: N815
