"""Where it happened: exceptions, threads and their stack traces. Owns their shape and which frame counts.

The rules are the original's: a file that is an address becomes its path, the address moves to ``abs_path``; a function
that is not known is none.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from region_silo.events.reading import (
    Part,
    Reader,
    any_text,
    bag,
    bag_object,
    fields_of,
    flag,
    items_of,
    number,
    text,
    text_object,
    texts,
)
from shared.domain.json_value import JsonValue

_URL = re.compile(r"(file|https?|applewebdata):", re.ASCII)
_TYPE_AND_VALUE = re.compile(r"(\w+):(.*)", re.DOTALL)
_NO_FUNCTIONS = frozenset({"?", "<unknown>", "<redacted>"})
_NATIVE = frozenset({"native", "cocoa", "objc"})
_SCRIPTS = frozenset({"javascript", "node"})


def _frame(value: JsonValue) -> Part:
    frame = fields_of(value, _FRAME)
    # One of both is enough: either is made of the other.
    if "abs_path" not in frame and "filename" in frame:
        frame["abs_path"] = frame.pop("filename")
    if "filename" not in frame and "abs_path" in frame:
        frame["filename"] = _file_of(frame["abs_path"])
    return frame


def _file_of(path: str) -> str:
    # A path on a disk is shown as it is; it is addresses that have a host before the part that tells files apart.
    if not _URL.match(path):
        return path
    try:
        found = urlsplit(path).path
    except ValueError:
        return path
    # The page itself, inline: without its host nothing would be left to recognise.
    return path if found in ("", "/") else found


def stacktrace(value: JsonValue) -> Part | None:
    """A stack trace with frames, the outermost call first; also given as the list of frames alone."""
    if isinstance(value, list):
        value = {"frames": value}
    found = fields_of(value, _STACKTRACE)
    # A trace without frames tells nothing, and would stand in the way of one that has some.
    return found if found.get("frames") else None


def _frames(value: JsonValue) -> list[Part] | None:
    return [frame for item in items_of(value) if (frame := _frame(item))] or None


def _mechanism(value: JsonValue) -> Part | None:
    return fields_of(value, _MECHANISM) or None


def _exception(value: JsonValue) -> Part | None:
    """An exception that says what was raised, or where."""
    found = fields_of(value, _EXCEPTION)
    # Some SDKs send "ValueError: wrong" as one text; DOTALL, since values have lines.
    match = _TYPE_AND_VALUE.fullmatch(found.get("value", "")) if "type" not in found else None
    if match:
        found |= {"type": match[1], "value": match[2].strip()}
    return found if found.keys() & {"type", "value", "stacktrace"} else None


def exceptions(value: JsonValue) -> list[Part]:
    """The exceptions of a chain, the one that was caught last."""
    return [found for item in items_of(value) if (found := _exception(item))]


def threads(value: JsonValue) -> list[Part]:
    """The threads that ran."""
    return [found for item in items_of(value) if (found := fields_of(item, _THREAD))]


def crash_frame(frames: list[Part]) -> Part | None:
    """The innermost frame of the monitored software itself whose function is known; else the innermost such of all."""
    # What is called so could be any function.
    known = [frame for frame in frames if frame.get("function") not in _NO_FUNCTIONS | {None}]
    return next((frame for frame in reversed(known) if frame.get("in_app")), known[-1] if known else None)


def culprit_of(frames: list[Part], *, platform: str) -> str:
    """What the original calls the place of a stack trace; empty when no frame names any."""
    default: str | None = None
    # From the innermost outwards: the first of the software's own is where its author will look.
    for frame in reversed(frames):
        if frame.get("in_app"):
            if place := _place(frame, platform):
                return place
        # Of a library only the innermost counts, for when nothing of the software's own is there.
        elif default is None:
            default = _place(frame, platform)
    return default or ""


def _place(frame: Part, platform: str) -> str:
    # The frame's own comes first: one stack trace may pass through two languages.
    language = frame.get("platform") or platform
    function = frame.get("function") or "?"
    # Of native code the original names the function alone.
    if language in _NATIVE:
        return str(function)
    place = frame.get("module") or frame.get("filename")
    if not place:
        return ""
    return f"{function}({place})" if language in _SCRIPTS else f"{place} in {function}"


_FRAME: Mapping[str, Reader] = {
    **dict.fromkeys(("function", "module", "filename", "abs_path", "platform", "package", "symbol", "lang"), text),
    **dict.fromkeys(("raw_function", "context_line", "image_addr", "instruction_addr", "addr_mode", "trust"), text),
    **dict.fromkeys(("symbol_addr", "source_link", "function_id"), text),
    **dict.fromkeys(("lineno", "colno"), number),
    **dict.fromkeys(("in_app", "stack_start"), flag),
    **dict.fromkeys(("pre_context", "post_context"), texts),
    "vars": bag_object,
    "data": bag_object,
    "lock": bag_object,
}
_STACKTRACE: Mapping[str, Callable[[JsonValue], object]] = {
    "frames": _frames,
    "registers": text_object,
    "lang": text,
    "snapshot": flag,
}
_MECHANISM: Mapping[str, Reader] = {
    **dict.fromkeys(("type", "description", "help_link", "source"), text),
    **dict.fromkeys(("handled", "synthetic", "is_exception_group"), flag),
    **dict.fromkeys(("exception_id", "parent_id"), number),
    "data": bag_object,
    "meta": bag_object,
}
_EXCEPTION: Mapping[str, Reader] = {
    "type": text,
    "value": any_text,
    "module": text,
    "stacktrace": stacktrace,
    "raw_stacktrace": stacktrace,
    "thread_id": bag,
    "mechanism": _mechanism,
}
_THREAD: Mapping[str, Reader] = {
    "id": bag,
    "name": text,
    "state": text,
    "stacktrace": stacktrace,
    "raw_stacktrace": stacktrace,
    "held_locks": bag_object,
    **dict.fromkeys(("crashed", "current", "main"), flag),
}
