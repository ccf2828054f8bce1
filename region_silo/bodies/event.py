"""Events: in a list, and by themselves."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import ConfigDict, Field

from region_silo.events.api_names import ENTRIES, entries_of
from region_silo.events.outline import EventOutline
from region_silo.events.reading import Part, mapping_of
from region_silo.models.event import Event
from region_silo.services.events import Neighbours
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Choice, JsonDict

_NOW = "2030-01-01T12:00:00Z"
_ID = "f1d2d2f924e986ac86fdf7b36c94bcdf"
_METADATA = {"type": "ValueError", "value": "basket is empty"}
_OUTLINE: dict[str, Any] = {
    "id": _ID,
    "eventID": _ID,
    "groupID": "5121",
    "projectID": "1025",
    "title": "ValueError: basket is empty",
    "message": "",
    "location": None,
    "culprit": "shop.checkout in pay",
    "platform": "python",
    "tags": [{"key": "level", "value": "error"}],
    "user": None,
    "dateCreated": _NOW,
    "crashFile": None,
}


class TagObject(Body):
    """Something that events can be told apart by."""

    key: str
    value: str


class EventUserObject(Body):
    """Whom an event hit."""

    # The one object here whose names keep their underscores, as the original's does.
    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=None)

    id: str | None
    email: str | None
    username: str | None
    ip_address: str | None
    name: str | None
    data: JsonDict | None = None

    @classmethod
    def of(cls, user: Part) -> Self:
        """What an event's outline knows of its user."""
        return cls(
            id=user.get("id"),
            email=user.get("email"),
            username=user.get("username"),
            ip_address=user.get("ip_address"),
            name=user.get("name"),
            data=user.get("data"),
        )


class EventOutlineObject(Body):
    """What lists and the event itself both show."""

    id: str
    event_id: str = Field(alias="eventID")
    group_id: str = Field(alias="groupID")
    project_id: str = Field(alias="projectID")
    title: str
    message: str
    location: str | None
    culprit: str
    platform: str
    tags: list[TagObject]
    user: EventUserObject | None
    date_created: datetime
    crash_file: None = None


def _outlined(event: Event, outline: EventOutline) -> dict[str, Any]:
    return {
        "id": event.event_id,
        "event_id": event.event_id,
        "group_id": str(event.issue_id),
        "project_id": str(event.project_id),
        "title": outline.title,
        "message": outline.message,
        "location": outline.location,
        "culprit": outline.culprit,
        "platform": outline.platform,
        # A list and no object: an event may have one key twice.
        "tags": [TagObject(key=key, value=value) for key, value in outline.tags],
        "user": None if outline.user is None else EventUserObject.of(outline.user),
        "date_created": event.occurred_at,
    }


class EventSummaryObject(EventOutlineObject):
    """An event in a list."""

    model_config: ClassVar[ConfigDict] = shown_by({**_OUTLINE, "event.type": "error", "metadata": _METADATA})

    event_type: Annotated[str, Choice("error", "default")] = Field(alias="event.type")
    metadata: JsonDict

    @classmethod
    def of(cls, event: Event) -> Self:
        outline = EventOutline(**event.outline)
        own = {"event_type": outline.type, "metadata": outline.metadata}
        return cls.model_validate(_outlined(event, outline) | own)


class EntryObject(Body):
    """A part of an event."""

    type: Annotated[str, Choice(*ENTRIES)]
    data: JsonDict


class ReleaseObject(Body):
    """The version of the monitored software."""

    version: str


EVENT: dict[str, Any] = {
    **_OUTLINE,
    "type": "error",
    "metadata": _METADATA,
    "size": 153,
    "entries": [{"type": "exception", "data": {"values": [{"type": "ValueError", "value": "basket is empty"}]}}],
    "dist": None,
    "release": {"version": "shop@1.1"},
    "contexts": {},
    "sdk": None,
    "context": {},
    "packages": {},
    "errors": [],
    "dateReceived": _NOW,
    "nextEventID": None,
    "previousEventID": None,
    "_meta": {},
    "occurrence": None,
    "resolvedWith": [],
    "sdkUpdates": [],
    "userReport": None,
}


class EventObject(EventOutlineObject):
    """An event, without what nothing here stands behind, unless clients of the original insist on it."""

    model_config: ClassVar[ConfigDict] = shown_by(EVENT)

    type: Annotated[str, Choice("error", "default")]
    metadata: JsonDict
    size: int
    entries: list[EntryObject]
    dist: str | None
    release: ReleaseObject | None
    contexts: JsonDict
    sdk: JsonDict | None
    context: JsonDict = Field(description="The `extra` that was sent.")
    packages: JsonDict
    errors: list[Any] = Field(default_factory=list)
    date_received: datetime
    next_event_id: str | None = Field(alias="nextEventID")
    previous_event_id: str | None = Field(alias="previousEventID")
    meta: JsonDict = Field(default_factory=dict, alias="_meta")
    occurrence: None = None
    resolved_with: list[str] = Field(default_factory=list)
    sdk_updates: list[JsonDict] = Field(default_factory=list)
    user_report: None = None

    @classmethod
    def of(cls, event: Event, *, neighbours: Neighbours) -> Self:
        outline, payload = EventOutline(**event.outline), event.payload
        return cls(
            **_outlined(event, outline),
            type=outline.type,
            # What was made of the event when it came in: a rule that changed since does not rewrite the past.
            metadata=outline.metadata,
            size=event.size,
            entries=[EntryObject(**entry) for entry in entries_of(payload)],
            dist=outline.dist,
            # An object with one field, where the original has many: its clients read the version alone.
            release=ReleaseObject(version=outline.release) if outline.release else None,
            contexts=dict(mapping_of(payload.get("contexts"))),
            sdk=dict(mapping_of(payload.get("sdk"))) or None,
            # Called ``context`` by the API and ``extra`` by SDKs; the name ``contexts`` is another part.
            context=dict(mapping_of(payload.get("extra"))),
            packages=dict(mapping_of(payload.get("modules"))),
            date_received=event.received_at,
            nextEventID=neighbours.next_id,
            previousEventID=neighbours.previous_id,
        )


class EventIdObject(Body):
    """Where the event of an id is."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {"organizationSlug": "acme", "projectSlug": "web", "groupId": "5121", "eventId": _ID, "event": EVENT}
    )

    organization_slug: str
    project_slug: str
    group_id: str
    event_id: str
    event: EventObject
