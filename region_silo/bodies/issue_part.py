"""What belongs to an issue besides: how its events are grouped, and what else it is connected with."""

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from region_silo.bodies.event import EVENT, EventObject
from region_silo.bodies.issue import ACTIVITIES, ActivityObject
from shared.bodies.body import Body, shown_by

_HASH = "4ae9ee65f3c6e3fc4b8b5fbd1d2fcd3d"


class IssueHashObject(Body):
    """What events of an issue have in common by which they are told from others."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {"id": _HASH, "latestEvent": EVENT, "mergedBySeer": False, "seerMatchDistance": None}
    )

    id: str = Field(description="32 hex characters.")
    latest_event: EventObject
    merged_by_seer: Literal[False] = False
    seer_match_distance: None = None


class IssueIntegrationObject(Body):
    """An integration of the original's own, of which this platform has none: apps link issues as external issues."""

    model_config: ClassVar[ConfigDict] = shown_by({"id": "1", "name": "GitHub"})

    id: str
    name: str


class IssueActivitiesObject(Body):
    """What was done to an issue."""

    model_config: ClassVar[ConfigDict] = shown_by({"activity": ACTIVITIES})

    activity: list[ActivityObject] = Field(description="The newest hundred, newest first.")
