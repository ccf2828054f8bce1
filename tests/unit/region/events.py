"""Events for the tests of their reading."""

from datetime import UTC, datetime
from typing import Any

from region_silo.events.incoming import Arrival, IncomingEvent, read_event

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def read(payload: dict[str, Any], *, event_id: str | None = None) -> IncomingEvent:
    return read_event(payload, size=2, arrival=Arrival(at=NOW, event_id=event_id))


def raised(
    type: str = "KeyError", value: str = "'a'", *, frames: list[dict[str, Any]] | None = None, **fields: Any
) -> Any:
    """An event with one exception."""
    caught = {"type": type, "value": value, "stacktrace": {"frames": frames or []}}
    return {"exception": {"values": [caught]}} | fields


def frame(module: str, function: str, *, in_app: bool | None = True, **fields: Any) -> dict[str, Any]:
    return {"module": module, "function": function, "in_app": in_app} | fields
