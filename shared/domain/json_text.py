"""JSON as text, byte for byte: as Python prints it and as JavaScript's ``JSON.stringify`` would.

Owns the two forms of a webhook's body (clients.md). Knows nothing of keys and signatures. Both forms are of the same
value: parsing the Python form in JavaScript and printing it again gives the JavaScript form exactly.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TypeAlias

from shared.domain.json_value import JsonObject, JsonScalar, JsonValue

_Members: TypeAlias = Iterable[tuple[str, JsonValue]]

_MAX_EXACT_INTEGER = 2**53
_MAX_ARRAY_INDEX = 2**32 - 2
_ARRAY_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ODD = re.compile(r'"[0-9]{1,10}":|[0-9]{16}')
"""An array index that is a key, or a number that may be beyond ``_MAX_EXACT_INTEGER``."""
_SMALLEST_PLAIN = 1e-4
"""From here on Python prints a fraction without an exponent; JavaScript does so for smaller ones, too."""


class _Piece(str):
    """Text that is already printed."""


def encode_body(value: JsonValue) -> bytes:
    """The body of a request: compact separators, ASCII alone (other characters escaped), keys in the order given.

    Numbers that JSON cannot say (NaN, infinities) become null, as JavaScript would print them.
    """
    try:
        # The fast way, which is right for all but odd values; the slow one below takes any.
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    except (ValueError, RecursionError):  # a number that JSON cannot say, or deeper than the fast encoder goes
        return _print(value, scalar=_python_scalar, members=_in_given_order).encode("ascii")


def stringify(value: JsonValue) -> str:
    """What ``JSON.stringify(JSON.parse(body))`` gives in JavaScript for the body of this value.

    Characters stay as they are except where JSON must escape them, and lone surrogates; numbers print as the doubles
    that JavaScript reads; integer-like keys come first, ascending. The result always encodes as UTF-8.

    >>> stringify({"b": "é", "2": 1.0, "1": 1e-7})
    '{"1":1e-7,"2":1,"b":"é"}'
    """
    return _print(value, scalar=_javascript_scalar, members=_in_javascript_order)


def stringify_body(body: str) -> str:
    """What ``stringify`` gives, of a body that ``encode_body`` has printed; many times faster for nearly every one."""
    # What looks like a key or a number that JavaScript treats in its own way, be it inside of a text.
    if _ODD.search(body) is None:
        printed = _print_fast(body)
        if printed is not None and _SURROGATE.search(printed) is None:
            return printed
    return stringify(json.loads(body))


def _print_fast(body: str) -> str | None:
    """Parsed and printed by what Python has in C; None: there is something that it prints otherwise than JavaScript."""
    try:
        value = json.loads(body, parse_float=_as_javascript_prints)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (_OddNumberError, RecursionError):
        return None


class _OddNumberError(Exception):
    """Python prints a number otherwise than JavaScript."""


def _as_javascript_prints(text: str) -> float:
    """The number, as one that Python prints as JavaScript does: 1.0 is 1 there.

    Raises:
        _OddNumberError: there is none; exponents begin elsewhere.
    """
    number = float(text)
    if not _SMALLEST_PLAIN <= abs(number) < _MAX_EXACT_INTEGER and number != 0:
        raise _OddNumberError
    return int(number) if number.is_integer() else number


def _print(value: JsonValue, *, scalar: Callable[[JsonScalar], str], members: Callable[[JsonObject], _Members]) -> str:
    """Prints without recursion, so that depth is bounded by memory alone."""
    printed: list[str] = []
    # A stack of ours and no recursion: a payload may be nested deeper than Python likes.
    todo: list[JsonValue] = [value]
    while todo:
        match todo.pop():
            case _Piece() as piece:
                printed.append(piece)
            case None | bool() | int() | float() | str() as leaf:
                printed.append(scalar(leaf))
            case Mapping() as mapping:
                pairs = [part for key, item in members(mapping) for part in (_Piece(f",{scalar(key)}:"), item)]
                # From behind, since the last one that is put on the stack is the first to come off.
                todo.extend(reversed(_enclosed("{", pairs, "}")))
            case items:
                parts = [part for item in items for part in (_Piece(","), item)]
                todo.extend(reversed(_enclosed("[", parts, "]")))
    return "".join(printed)


def _enclosed(opening: str, parts: list[JsonValue], closing: str) -> list[JsonValue]:
    if parts:
        parts[0] = _Piece(str(parts[0])[1:])  # no comma before the first
    return [_Piece(opening), *parts, _Piece(closing)]


def _in_given_order(mapping: JsonObject) -> _Members:
    return mapping.items()


def _in_javascript_order(mapping: JsonObject) -> _Members:
    # JavaScript objects keep array indexes apart from other keys, first and in ascending order (ECMAScript).
    indexes = {key: int(key) for key in mapping if _ARRAY_INDEX.fullmatch(key) and int(key) <= _MAX_ARRAY_INDEX}
    names = [key for key in mapping if key not in indexes]
    return ((key, mapping[key]) for key in (*sorted(indexes, key=indexes.__getitem__), *names))


def _python_scalar(leaf: JsonScalar) -> str:
    if isinstance(leaf, float) and not math.isfinite(leaf):
        return "null"
    return json.dumps(leaf)


def _javascript_scalar(leaf: JsonScalar) -> str:
    match leaf:
        case None | bool():
            return json.dumps(leaf)
        # Larger ones JavaScript reads as the nearest double, and prints as that.
        case int() if abs(leaf) <= _MAX_EXACT_INTEGER:
            return str(leaf)
        case int() | float():
            return _javascript_number(leaf)
    return _javascript_string(leaf)


def _javascript_string(text: str) -> str:
    printed = json.dumps(text, ensure_ascii=False)
    if _SURROGATE.search(printed) is None:
        return printed
    # Two halves beside each other are one character to JavaScript; only what stays alone is escaped.
    paired = printed.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return _SURROGATE.sub(lambda lone: f"\\u{ord(lone[0]):04x}", paired)


def _javascript_number(number: float) -> str:
    """Number::toString of ECMAScript for the double nearest to ``number``."""
    try:
        double = float(number)
    except OverflowError:
        return "null"  # JSON.parse reads Infinity, JSON.stringify prints null
    if not math.isfinite(double):
        return "null"
    # Negative zero too: JavaScript prints it without a sign.
    if double == 0:
        return "0"
    sign = "-" if double < 0 else ""
    return sign + _javascript_digits(abs(double))


def _javascript_digits(double: float) -> str:
    _, digit_tuple, exponent = Decimal(repr(double)).as_tuple()
    digits = "".join(map(str, digit_tuple))
    point = len(digits) + int(exponent)  # value = 0.digits × 10^point
    digits = digits.rstrip("0")
    # The bounds of the plain form are ECMAScript's (Number::toString).
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"
