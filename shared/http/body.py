"""Bodies of requests: bounded, UTF-8, JSON. Owns the limit and the texts; refuses to know what a body means."""

import json
from typing import Any

from starlette.requests import Request

from shared.bodies.body import Body
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import BodyTooLarge, MalformedBody, ValidationFailed

MAX_DEPTH = 64
"""Deepest nesting that is accepted; ten levels are the most that anything means."""
_MAX_INTEGER_DIGITS = 1000
_METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})


async def read_body(request: Request, *, max_bytes: int = Body.max_bytes) -> bytes:
    """The bytes of the body, empty for methods that have none.

    Args:
        request: whose body was not read yet.
        max_bytes: the most that are read.

    Raises:
        BodyTooLarge: it announces or sends more than that.
    """
    # What a GET carries means nothing (RFC 9110, 9.3.1), and need not be waited for.
    if request.method not in _METHODS_WITH_BODY:
        return b""
    declared = request.headers.get("content-length", "")
    # Refused before a byte of it is read; whoever announces less than they send is stopped below.
    if declared.isdecimal() and int(declared) > max_bytes:
        raise BodyTooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise BodyTooLarge
    return bytes(body)


def parse_json(raw: bytes) -> JsonValue:
    """The value of a body; an empty body counts as ``{}``.

    Raises:
        MalformedBody: it is not UTF-8, not JSON, names a key twice, holds NaN or an infinity, or is nested too deeply.
    """
    if not raw:
        return {}
    try:
        # A byte order mark or another encoding is refused by `decode`: JSON is UTF-8 (RFC 8259).
        value: JsonValue = _DECODER.decode(raw.decode())
        # Only then can it be too deep; counting bytes is cheaper than walking the value.
        if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
            _refuse_deep(value)
    except RecursionError as exc:
        raise MalformedBody(f"JSON parse error - {_TOO_DEEP}") from exc
    except ValueError as exc:
        raise MalformedBody(f"JSON parse error - {exc}") from exc
    return value


def parse_object(raw: bytes) -> JsonObject:
    """The value of a body that shall be an object.

    Raises:
        ValidationFailed: it is another JSON value.
    """
    return as_object(parse_json(raw))


def as_object(value: JsonValue) -> JsonObject:
    """The value, which shall be an object.

    Raises:
        ValidationFailed: it is another JSON value.
    """
    # The name is Python's, as in the original's sentence, which clients compare.
    if not isinstance(value, dict):
        text = f"Invalid data. Expected a dictionary, but got {type(value).__name__}."
        raise ValidationFailed(fields={"non_field_errors": [text]})
    return value


_TOO_DEEP = f"The document is nested deeper than {MAX_DEPTH} levels."


def _refuse_deep(value: JsonValue) -> None:
    # Level by level and not by recursion, which the depth it is to find would end.
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    if any(isinstance(item, dict | list) for item in level):
        raise ValueError(_TOO_DEEP)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of two equal keys readers disagree which one counts: what is checked here might not be what is believed elsewhere.
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        # As ASCII and cut: it is the client's own text, on its way into an answer.
        raise ValueError(f"The key {twice[:100]!a} occurs twice.")
    return value


def _constant(text: str) -> float:
    raise ValueError(f"Out of range float values are not JSON compliant: {text}")


def _float(text: str) -> float:
    # `1e999` is JSON, and infinity to Python: it could not be answered as JSON again.
    number = float(text)
    return number if abs(number) != float("inf") else _constant(text[:100])


def _integer(text: str) -> int:
    # Python's reading of long numbers takes time that grows with the square of their length.
    if len(text) > _MAX_INTEGER_DIGITS:
        raise ValueError(f"A number has more than {_MAX_INTEGER_DIGITS} digits.")
    return int(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant, parse_float=_float, parse_int=_integer)
