"""Which events are the same issue. Owns the rule of clients.md; knows no table.

By the fingerprint that the sender gave; else by the exception's type and its top frame of the software's own; else by
the message, unformatted where the sender kept it so.
"""

import hashlib
import json
import re

from region_silo.events.normalize import NormalEvent
from region_silo.events.outline import is_synthetic
from region_silo.events.stacktrace import crash_frame

_DEFAULT = re.compile(r"\{\{\s*default\s*\}\}")
_MAX_PARTS = 100
_MAX_PART_CHARACTERS = 1024
_HASH_CHARACTERS = 32


def grouping_hash(event: NormalEvent) -> str:
    """32 hex characters, equal for events that belong together."""
    default = _default_parts(event)
    parts: list[str] = []
    # A part may ask for the default beside its own words: such events are split further, and not otherwise.
    for part in event.fingerprint[:_MAX_PARTS]:
        parts.extend(default if _DEFAULT.fullmatch(part) else [part])
    # As a JSON list, so that ["ab", "c"] and ["a", "bc"] stay different issues.
    shortened = [part[:_MAX_PART_CHARACTERS] for part in parts or default]
    return hashlib.sha256(json.dumps(shortened, separators=(",", ":")).encode()).hexdigest()[:_HASH_CHARACTERS]


def _default_parts(event: NormalEvent) -> list[str]:
    if not event.exceptions:
        entry = event.logentry or {}
        # With its placeholders where they are known: each user's name would otherwise be an issue of its own.
        return ["message", str(entry.get("message") or entry.get("formatted") or "").strip()]
    # The last of a chain is the one that was caught, and has wrapped the others.
    caught = event.exceptions[-1]
    # A type that the SDK made up says nothing of the problem.
    kind = "" if is_synthetic(caught) else caught.get("type", "")
    frame = (crash_frame(caught["stacktrace"]["frames"]) if "stacktrace" in caught else None) or {}
    # Without a frame of a known function only the text is left to tell two of them apart.
    if not frame:
        return ["exception", kind, caught.get("value", "")]
    return ["frame", kind, frame.get("module") or frame.get("filename") or "", frame["function"]]
