"""What is known of something that apps are told of, from the moment when it happens until the webhook is made of it.

Owns the form in which it waits in a delivery. Refuses to know what a webhook looks like.
"""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import datetime
from typing import Any, Self

from shared.domain.json_value import JsonObject
from shared.domain.webhook import Actor


@dataclass(frozen=True, kw_only=True)
class Detail:
    """What goes with an event besides the issue: one class for each kind of payload."""

    def as_json(self) -> dict[str, Any]:
        """A part that need not be given is left out while it is not."""
        # So that what an earlier release wrote, which had not the part, reads as what this one writes without it.
        parts = {part.name: (getattr(self, part.name), part.default) for part in fields(self)}
        return {name: value for name, (value, default) in parts.items() if default is MISSING or value != default}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of ``as_json``."""
        return cls(**value)


@dataclass(frozen=True, kw_only=True)
class IssueSeen(Detail):
    """An issue is new."""

    event_id: str
    """The id of its first event."""


@dataclass(frozen=True, kw_only=True)
class StatusChanged(Detail):
    """An issue has another status."""

    substatus: str | None
    event_id: str | None = None
    """The id of the event that brought a resolved issue back."""


@dataclass(frozen=True, kw_only=True)
class Resolved(Detail):
    """An issue is resolved."""

    substatus: str | None
    resolution_type: str


@dataclass(frozen=True, kw_only=True)
class Assigned(Detail):
    """An issue has another assignee."""

    assignee: JsonObject | None
    """``{"type", "id", "name", "email"}``; None: nobody any more."""


@dataclass(frozen=True, kw_only=True)
class ErrorSeen(Detail):
    """An error came in."""

    event_id: str


@dataclass(frozen=True, kw_only=True)
class Commented(Detail):
    """A comment was written, changed or deleted."""

    comment_id: int
    comment: str


@dataclass(frozen=True, kw_only=True)
class RuleMet(Detail):
    """An event met an alert rule."""

    event_id: str
    triggered_rule: str
    issue_alert: JsonObject | None = None
    """What the user entered in the app's form; None: the rule names the app alone."""


@dataclass(frozen=True, kw_only=True)
class Broadcast(Detail):
    """Something happened elsewhere, of which this platform knows what it was told."""

    payload: JsonObject
    """What apps are told, as it was given."""


@dataclass(frozen=True, kw_only=True)
class MetricCrossed(Detail):
    """A metric crossed a threshold of a rule that names the app, or is as it should be again."""

    metric_alert: JsonObject
    """The incident, with its rule."""
    description_text: str
    description_title: str
    web_url: str


WHOLE = (Broadcast, MetricCrossed)
"""Details that say all that is told: nothing is looked up for them."""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """What happened, by whom and when."""

    issue_id: int | None
    """The issue that it happened to; None: it concerns none."""
    actor: Actor
    at: datetime
    detail: Detail

    def as_json(self) -> dict[str, Any]:
        """The form in which it waits in a delivery."""
        return {
            "issue_id": self.issue_id,
            "actor": asdict(self.actor),
            # With its zone: it is read by another process, of another machine perhaps.
            "at": self.at.isoformat(),
            "data": self.detail.as_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any], *, detail: type[Detail]) -> Self:
        """The inverse of ``as_json``; the event knows the class of its detail."""
        return cls(
            issue_id=value["issue_id"],
            actor=Actor(**value["actor"]),
            at=datetime.fromisoformat(value["at"]),
            detail=detail.from_json(value["data"]),
        )
