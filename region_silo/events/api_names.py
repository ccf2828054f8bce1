"""The parts of an event in the names that the API has for them: ``lineNo`` where SDKs and webhooks say ``lineno``.

Owns the second spelling of an event, which is the original's, with what clients of it demand to be there though null.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from region_silo.events.reading import Part, items_of, mapping_of
from shared.domain.instant import instant_json, parse_iso
from shared.domain.json_value import JsonObject, JsonValue

_FRAME = {
    "filename": "filename",
    "absPath": "abs_path",
    "module": "module",
    "package": "package",
    "platform": "platform",
    "instructionAddr": "instruction_addr",
    "symbolAddr": "symbol_addr",
    "function": "function",
    "rawFunction": "raw_function",
    "symbol": "symbol",
    "lineNo": "lineno",
    "colNo": "colno",
    "trust": "trust",
    "lock": "lock",
    "sourceLink": "source_link",
    "vars": "vars",
}
_REQUEST = {
    "apiTarget": "api_target",
    "method": "method",
    "url": "url",
    "fragment": "fragment",
    "data": "data",
    "env": "env",
    "inferredContentType": "inferred_content_type",
}
ENTRIES = ("exception", "message", "stacktrace", "threads", "breadcrumbs", "request", "csp", "debugmeta")
"""The parts that are shown, in their order."""
_CRUMB = ("type", "level", "message", "category", "data", "event_id")


def entries_of(event: JsonObject) -> list[Part]:
    """The parts that are shown one below the other: what happened first, its surroundings after it.

    Args:
        event: as ``NormalEvent.as_json`` prints it.
    """
    threads = [_thread(each) for each in items_of(event.get("threads"))]
    found: dict[str, Any] = {
        "exception": _exceptions(items_of(event.get("exception"))),
        "message": dict(mapping_of(event.get("logentry"))),
        "stacktrace": _stacktrace(event.get("stacktrace")),
        "threads": {"values": threads} if threads else None,
        "breadcrumbs": _breadcrumbs(items_of(event.get("breadcrumbs"))),
        "request": _request(mapping_of(event.get("request"))),
        "csp": dict(mapping_of(event.get("csp"))),
        "debugmeta": dict(mapping_of(event.get("debug_meta"))),
    }
    return [{"type": name, "data": found[name]} for name in ENTRIES if found[name]]


def _exceptions(raised: list[JsonValue]) -> Part | None:
    values = [_exception(mapping_of(each)) for each in raised]
    # Whether a reader may want to hide the frames that are not the software's own.
    mixed = any((value["stacktrace"] or {}).get("hasSystemFrames") for value in values)
    return {"values": values, "hasSystemFrames": mixed, "excOmitted": None} if values else None


def _exception(raised: JsonObject) -> Part:
    mechanism = raised.get("mechanism")
    return {
        "type": raised.get("type"),
        "value": raised.get("value"),
        "module": raised.get("module"),
        "threadId": raised.get("thread_id"),
        "mechanism": _camel(mechanism) if isinstance(mechanism, Mapping) else None,
        "stacktrace": _stacktrace(raised.get("stacktrace")),
        "rawStacktrace": _stacktrace(raised.get("raw_stacktrace")),
    }


def _thread(value: JsonValue) -> Part:
    thread = mapping_of(value)
    return {
        **{name: thread.get(name) for name in ("id", "name", "state")},
        **{name: bool(thread.get(name)) for name in ("crashed", "current", "main")},
        "heldLocks": thread.get("held_locks"),
        "stacktrace": _stacktrace(thread.get("stacktrace")),
        "rawStacktrace": _stacktrace(thread.get("raw_stacktrace")),
    }


def _stacktrace(value: JsonValue) -> Part | None:
    trace = mapping_of(value)
    if not trace:
        return None
    frames = [_frame(mapping_of(each)) for each in items_of(trace.get("frames"))]
    return {
        "frames": frames,
        # Always null here; clients of the original demand the key.
        "framesOmitted": None,
        "registers": trace.get("registers"),
        # Of both kinds: with one alone there is nothing to hide.
        "hasSystemFrames": len({frame["inApp"] for frame in frames}) == 2,
    }


def _frame(frame: JsonObject) -> Part:
    return {name: frame.get(own) for name, own in _FRAME.items()} | {
        "inApp": bool(frame.get("in_app")),
        "context": _context(frame),
        "errors": None,
    }


def _context(frame: JsonObject) -> list[list[Any]]:
    """The lines around it, each with its number."""
    number, line = frame.get("lineno"), frame.get("context_line")
    # Without its number a line could not be placed among those around it.
    if not isinstance(number, int) or line is None:
        return []
    before, after = items_of(frame.get("pre_context")), items_of(frame.get("post_context"))
    # The file's own numbers, counted back from the line that the frame names.
    first = number - len(before)
    return [[first + place, each] for place, each in enumerate([*before, line, *after])]


def _breadcrumbs(crumbs: list[JsonValue]) -> Part | None:
    values = [_breadcrumb(mapping_of(each)) for each in crumbs]
    return {"values": values} if values else None


def _breadcrumb(crumb: JsonObject) -> Part:
    return {name: crumb.get(name) for name in _CRUMB} | {"timestamp": _instant(crumb.get("timestamp"))}


def _instant(value: JsonValue) -> str | None:
    """The instant as text, whatever it was sent as."""
    try:
        if isinstance(value, str):
            at = parse_iso(value)
        # Older SDKs send seconds, later ones text; both are kept as they came.
        elif isinstance(value, int | float):
            at = datetime.fromtimestamp(value, UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return instant_json(at)


def _request(asked: JsonObject) -> Part | None:
    if not asked:
        return None
    lists = {"query": "query_string", "headers": "headers", "cookies": "cookies"}
    # Lists are there though empty: clients of the original iterate over them.
    return {name: asked.get(own) for name, own in _REQUEST.items()} | {
        name: asked.get(own) or [] for name, own in lists.items()
    }


def _camel(part: JsonObject) -> Part:
    return {_camel_name(name): value for name, value in part.items()}


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
