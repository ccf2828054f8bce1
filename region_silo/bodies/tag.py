"""How often the events of an issue have which value of a tag."""

from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import ConfigDict, Field

from region_silo.services.tags import MAX_EVENTS, TagCounts, TagValue
from shared.bodies.body import Body, shown_by

MAX_TOP_VALUES = 9
"""How many values of a tag are shown with it; ``values/`` has all."""
_NOW = "2030-01-01T12:00:00Z"
_VALUE: dict[str, Any] = {
    "key": "release",
    "name": "shop@1.1",
    "value": "shop@1.1",
    "count": 12,
    "firstSeen": _NOW,
    "lastSeen": _NOW,
}


class TagValueObject(Body):
    """A value of a tag."""

    model_config: ClassVar[ConfigDict] = shown_by(_VALUE)

    key: str
    name: str
    value: str
    count: int
    first_seen: datetime
    last_seen: datetime

    @classmethod
    def of(cls, value: TagValue, *, key: str) -> Self:
        return cls(
            key=key,
            name=value.value,
            value=value.value,
            count=value.count,
            first_seen=value.first_seen_at,
            last_seen=value.last_seen_at,
        )


class TagCountsObject(Body):
    """A tag of an issue."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {"key": "release", "name": "Release", "uniqueValues": 1, "totalValues": 17, "topValues": [_VALUE]}
    )

    key: str
    name: str = Field(description="For people.")
    unique_values: int
    total_values: int = Field(
        description=f"Events that were counted: the newest {MAX_EVENTS} at most, those without the tag too."
    )
    top_values: list[TagValueObject] = Field(description=f"The {MAX_TOP_VALUES} most frequent, most frequent first.")

    @classmethod
    def of(cls, counts: TagCounts) -> Self:
        return cls(
            key=counts.key,
            name=counts.key.replace("_", " ").title(),
            unique_values=len(counts.values),
            total_values=counts.event_count,
            top_values=[TagValueObject.of(value, key=counts.key) for value in counts.values[:MAX_TOP_VALUES]],
        )
