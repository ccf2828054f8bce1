"""What `silo outbox` prints of destinations and of parked messages, as JSON and as rows of tables."""

from datetime import UTC, datetime
from typing import Any

from shared.cli.status_report import breaker_name
from shared.cli.tables import duration
from shared.pb.hybridcloud.operations.v1 import outbox_pb2

DESTINATION_COLUMNS = ("at", "to", "category", "due", "parked", "oldest", "breaker")
PARKED_COLUMNS = ("at", "to", "category", "id", "tried", "age", "last error")


def destination_json(silo: str, status: outbox_pb2.DestinationStatus) -> dict[str, Any]:
    """A destination for scripts."""
    return {
        "silo": silo,
        "destination": status.destination,
        "paused_at": status.paused_at.ToJsonString() if status.HasField("paused_at") else None,
        "breaker": breaker_name(status),
        "categories": {
            each.category: {"due": each.due, "parked": each.parked, "oldest_age_seconds": each.oldest_age_seconds}
            for each in status.categories
        },
    }


def destination_rows(silo: str, status: outbox_pb2.DestinationStatus) -> list[tuple[object, ...]]:
    """A destination for people: a row for each category, one when it is idle."""
    state = "paused" if status.HasField("paused_at") else breaker_name(status)
    idle = outbox_pb2.CategoryStatus(category="-")
    return [
        (
            silo,
            status.destination,
            each.category,
            each.due,
            each.parked,
            duration(each.oldest_age_seconds) if each.due else None,
            state,
        )
        for each in status.categories or [idle]
    ]


def parked_json(silo: str, message: outbox_pb2.ParkedMessage) -> dict[str, Any]:
    """A parked message for scripts."""
    return {
        "silo": silo,
        "destination": message.destination,
        "category": message.category,
        "object_id": message.object_id,
        "attempts": message.attempts,
        "enqueued_at": message.enqueued_at.ToJsonString(),
        "last_error": message.last_error,
    }


def parked_row(silo: str, message: outbox_pb2.ParkedMessage, *, now: datetime) -> tuple[object, ...]:
    """A parked message for people."""
    age = (now - message.enqueued_at.ToDatetime(UTC)).total_seconds()
    names = (silo, message.destination, message.category, message.object_id)
    return (*names, message.attempts, duration(max(0.0, age)), message.last_error or None)
