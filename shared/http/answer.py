"""Answers with JSON bodies. Owns their bytes: ASCII, so that any text that was parsed can also be printed."""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python
from starlette.responses import Response

from shared.bodies.body import Body
from shared.domain.json_value import JsonValue

Answered: TypeAlias = "Body | Sequence[Body] | JsonValue"
"""What an answer says: a body, a page of them, or parsed JSON."""

# As pydantic prints it, so that no client can tell which of the two did.
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def json_answer(body: Answered, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; lone surrogates and anything else beyond ASCII are escaped."""
    return Response(_printed(body), status_code=status, headers=dict(headers or {}), media_type="application/json")


def _printed(body: Answered) -> bytes:
    try:
        return to_json(body, ensure_ascii=True)
    except PydanticSerializationError:
        # pydantic prints by way of UTF-8, which has no lone surrogates.
        return _ENCODER.encode(to_jsonable_python(body)).encode("ascii")


def empty_answer(status: int, *, headers: Mapping[str, str] | None = None) -> Response:
    """An answer without a body."""
    return Response(status_code=status, headers=dict(headers or {}))
