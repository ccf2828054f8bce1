"""What an event says: ``logentry``, out of the forms that it comes in, with the parameters filled in.

Owns the placeholders: those of Python and C (``%s``, ``%(name)s``), and curly ones (``{}``, ``{0}``, ``{name}``, also
with a format as .NET writes them). Nothing is formatted by Python itself, which a sender could ask for a gigabyte.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence

from region_silo.events.reading import MAX_TEXT_CHARACTERS, Part, any_text, bag, text, text_of
from shared.domain.json_value import JsonValue

_PERCENT = re.compile(r"%(?:\((?P<key>[^()]*)\))?[-#0 +]*[0-9]*(?:\.(?P<precision>[0-9]+))?[hlL]?(?P<kind>[a-zA-Z%])")
_CURLY = re.compile(r"\{[@$]?(?P<key>[A-Za-z0-9_.]*)(?:,-?[0-9]+)?(?::[^{}]*)?\}")
_MAX_DIGITS = 20


class _NoParameterError(Exception):
    """A placeholder stands for nothing: the message stays as it is."""


def log_entry(value: JsonValue) -> Part | None:
    """``{"message", "formatted", "params"}`` of what was sent as ``logentry`` or ``message``; None for nothing.

    ``message`` has the placeholders, and is left out where ``formatted`` says the same.
    """
    if not isinstance(value, Mapping):
        # Some SDKs send false where there is no message.
        formatted = None if value is False else any_text(value)
        return {"formatted": formatted} if formatted else None
    message, formatted = text(value.get("message")), text(value.get("formatted"))
    given = value.get("params")
    params = given if isinstance(given, list | Mapping) else None
    if formatted is None and message is not None:
        formatted = _fill_in(message, params) if params else message
    if formatted is None:
        return None
    entry: Part = {"formatted": formatted}
    if message is not None and message != formatted:
        entry["message"] = message
    return entry | {"params": bag(params)} if params is not None else entry


def _fill_in(message: str, params: JsonValue) -> str:
    # One language of placeholders in a message: the first of which any is found.
    for pattern, shown in ((_PERCENT, _percent), (_CURLY, _text_of)):
        try:
            filled, count = _replace(pattern, message, params, shown)
        except _NoParameterError:
            continue
        if count:
            return filled[:MAX_TEXT_CHARACTERS]
    return message


def _replace(
    pattern: re.Pattern[str], message: str, params: JsonValue, shown: Callable[[JsonValue, re.Match[str]], str]
) -> tuple[str, int]:
    """The message with every placeholder replaced, and how many there were.

    Raises:
        _NoParameterError: one of them has no parameter.
    """
    place = 0

    def parameter(match: re.Match[str]) -> str:
        nonlocal place
        if match.groupdict().get("kind") == "%":
            return "%"
        key = match["key"]
        # One without a name takes the next place.
        if not key:
            place += 1
        return shown(_parameter(params, key or str(place - 1)), match)

    return pattern.subn(parameter, message)


def _parameter(params: JsonValue, key: str) -> JsonValue:
    if isinstance(params, Mapping) and params.get(key) is not None:
        return params[key]
    if isinstance(params, Sequence) and not isinstance(params, str) and key.isdecimal() and int(key) < len(params):
        return params[int(key)]
    raise _NoParameterError


def _percent(value: JsonValue, match: re.Match[str]) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    precision = min(int(match["precision"] or 6), _MAX_DIGITS)
    match match["kind"]:
        case "f" | "F" if is_number:
            return f"{value:.{precision}f}"
        case "d" | "i" | "u" if isinstance(value, float):
            return str(int(value)) if abs(value) < 2**63 else text_of(value)
        case "x" if isinstance(value, int) and is_number:
            return f"{value:x}"
        case _:
            return _text_of(value, match)


def _text_of(value: JsonValue, match: re.Match[str]) -> str:
    if value is None or isinstance(value, bool | list | Mapping):
        return json.dumps(value)
    return text_of(value)
