"""Answers with JSON bodies. Owns their bytes: ASCII, so that any text that was parsed can also be printed."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.responses import Response

from shared.domain.json_value import JsonValue

_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def json_answer(body: JsonValue, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; lone surrogates and anything else beyond ASCII are escaped."""
    content = _ENCODER.encode(body).encode("ascii")
    return Response(content, status_code=status, headers=dict(headers or {}), media_type="application/json")


def empty_answer(status: int, *, headers: Mapping[str, str] | None = None) -> Response:
    """An answer without a body."""
    return Response(status_code=status, headers=dict(headers or {}))


def instant_json(value: datetime) -> str:
    """``2030-01-01T00:00:00Z``, with microseconds where there are any."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
