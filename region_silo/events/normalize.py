"""One event, out of whatever an SDK since 2012 sends.

Owns the names that parts of an event had and have, and what each becomes. Every part that leaves us, in webhooks and
through REST, has this shape; title, culprit, grouping and tags are made of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from region_silo.events import request, stacktrace
from region_silo.events.log_entry import log_entry
from region_silo.events.reading import (
    Part,
    Reader,
    any_text,
    bag,
    bag_object,
    fields_of,
    items_of,
    line_of,
    mapping_of,
    number,
    pairs_of,
    text,
    text_object,
    text_of,
)
from shared.domain.json_value import JsonObject, JsonValue

PLATFORMS = frozenset(
    {
        *("as3", "c", "cfml", "cocoa", "csharp", "elixir", "go", "groovy", "haskell", "java", "javascript"),
        *("native", "node", "objc", "other", "perl", "php", "python", "ruby"),
    }
)
"""Those of the original; any other is ``other``."""
_LEVELS = ("fatal", "warning", "info", "debug", "sample")
"""Beside ``error``, which any other word is taken for."""
_LEVEL_NUMBERS = {"50": "fatal", "30": "warning", "20": "info", "10": "debug"}
_LEVEL_WORDS = {"critical": "fatal", "warn": "warning", "log": "info"}
_OLD_NAMES: Mapping[str, tuple[str, ...]] = {
    "logentry": ("sentry.interfaces.Message", "message"),
    "exception": ("sentry.interfaces.Exception",),
    "stacktrace": ("sentry.interfaces.Stacktrace",),
    "threads": ("sentry.interfaces.Threads",),
    "request": ("sentry.interfaces.Http",),
    "user": ("sentry.interfaces.User",),
    "breadcrumbs": ("sentry.interfaces.Breadcrumbs",),
    "contexts": ("sentry.interfaces.Contexts",),
    "debug_meta": ("sentry.interfaces.DebugMeta",),
}
_MAX_NAME_CHARACTERS = 200
_MAX_TAGS = 200
_TAKEN_TAGS = frozenset({"release", "dist", "user", "filename", "function"})
"""Tags that are made of the event, so that a sender's own would be taken for them."""


@dataclass(frozen=True, kw_only=True)
class NormalEvent:
    """An event. A part that the sender did not say is None or empty."""

    platform: str
    """One of ``PLATFORMS``."""
    level: str
    logger: str | None
    release: str | None
    environment: str | None
    dist: str | None
    transaction: str | None
    culprit: str | None
    """The name that the sender gave, which SDKs stopped to do."""
    server_name: str | None
    logentry: Part | None
    exceptions: list[Part]
    stacktrace: Part | None
    """A message's; that of an exception belongs to it."""
    threads: list[Part]
    breadcrumbs: list[Part]
    request: Part | None
    user: Part | None
    tags: dict[str, str]
    """Those that the sender gave."""
    fingerprint: list[str]
    contexts: Part
    rest: Part = field(default_factory=dict)
    """``extra``, ``modules``, ``sdk``, ``debug_meta`` and ``time_spent``: shown as they are."""

    @property
    def frames(self) -> list[Part]:
        """The frames of the exception that was caught, of the message, or of the one thread."""
        alone = self.threads[0] if len(self.threads) == 1 else {}
        traces = [
            self.exceptions[-1].get("stacktrace") if self.exceptions else None,
            self.stacktrace,
            alone.get("stacktrace"),
        ]
        return next((trace["frames"] for trace in traces if trace), [])

    def as_json(self) -> Part:
        """In the names that SDKs and webhooks use, without what was not said."""
        parts: Part = {
            "logentry": self.logentry,
            "exception": _values(self.exceptions),
            "stacktrace": self.stacktrace,
            "threads": _values(self.threads),
            "breadcrumbs": _values(self.breadcrumbs),
            "request": self.request,
            "user": self.user,
            "contexts": self.contexts,
            "fingerprint": self.fingerprint or ["{{ default }}"],
            "logger": self.logger,
            "transaction": self.transaction,
            **self.rest,
        }
        return {name: part for name, part in parts.items() if part}


def normalize(payload: JsonObject, *, sender: str | None = None) -> NormalEvent:
    """The event that was sent.

    Args:
        payload: as it was parsed.
        sender: the address that it came from; None when it is not known.
    """
    sent = _by_new_names(payload)
    platform = text_of(sent.get("platform"), limit=64)
    # A list of platforms that senders could add to would be no use to anybody who picks from it.
    platform = platform if platform in PLATFORMS else "other"
    raised, trace = stacktrace.exceptions(sent.get("exception")), stacktrace.stacktrace(sent.get("stacktrace"))
    # Old SDKs send the only exception's trace beside it.
    if len(raised) == 1 and trace:
        raised[0].setdefault("stacktrace", trace)
        trace = None
    asked, given = request.request(sent.get("request")), _tags(sent.get("tags"))
    # Old SDKs knew an environment as a tag alone; now it is a field, which outranks it.
    in_tags = given.pop("environment", None)
    return NormalEvent(
        platform=platform,
        level=level_of(sent.get("level")),
        logentry=log_entry(sent.get("logentry")),
        exceptions=raised,
        stacktrace=trace,
        threads=stacktrace.threads(sent.get("threads")),
        breadcrumbs=[found for item in items_of(sent.get("breadcrumbs")) if (found := _breadcrumb(item))],
        request=asked,
        user=request.with_addresses(asked, request.user(sent.get("user")), platform=platform, sender=sender),
        tags=given,
        fingerprint=_fingerprint(sent.get("fingerprint")),
        contexts=_contexts(sent.get("contexts")),
        environment=_name(sent.get("environment")) or in_tags,
        rest=fields_of(sent, _REST),
        **{name: _name(sent.get(name)) for name in _NAMES},
    )


def level_of(value: JsonValue) -> str:
    """One of the known words; ``error`` for any other."""
    word = text_of(value, limit=16).lower()
    # Numbers are those of Python's logging.
    word = _LEVEL_NUMBERS.get(word, _LEVEL_WORDS.get(word, word))
    return word if word in _LEVELS else "error"


def _by_new_names(payload: JsonObject) -> JsonObject:
    found = dict(payload)
    for name, old_names in _OLD_NAMES.items():
        for old_name in old_names:
            # The new name outranks, but an empty value under it says less than one under the old.
            if not found.get(name) and found.get(old_name) is not None:
                found[name] = found[old_name]
    return found


def _values(parts: Sequence[Part]) -> Part | None:
    return {"values": list(parts)} if parts else None


def _name(value: JsonValue) -> str | None:
    return line_of(value, limit=_MAX_NAME_CHARACTERS) or None


def _tags(value: JsonValue) -> dict[str, str]:
    """Tags come as an object or as a list of pairs; of two with one name the first counts."""
    tags: dict[str, str] = {}
    for name, each in pairs_of(value):
        # A key with white space could not be searched for.
        key = "-".join(line_of(name, limit=_MAX_NAME_CHARACTERS).split())
        # Python's spelling of true, as the original prints a tag that was sent as a boolean.
        shown = line_of(str(each) if isinstance(each, bool) else each, limit=_MAX_NAME_CHARACTERS)
        if key and shown and key not in _TAKEN_TAGS and len(tags) < _MAX_TAGS:
            tags.setdefault(key, shown)
    return tags


def _fingerprint(value: JsonValue) -> list[str]:
    sent = value if isinstance(value, list) else []
    # As for tags; and a part that says nothing would split no issue from another.
    parts = (text_of(str(part) if isinstance(part, bool) else part) for part in sent)
    return [part for part in parts if part]


def _contexts(value: JsonValue) -> Part:
    """Each names its type: by itself, or as it is called."""
    found = {name: fields for name, each in mapping_of(value).items() if (fields := _context(each))}
    # What the sender called its type comes after, and so outranks the name.
    return {name: {"type": name} | fields for name, fields in found.items()}


def _context(value: JsonValue) -> Part:
    return {name: bag(each) for name, each in mapping_of(value).items() if each is not None}


def _breadcrumb(value: JsonValue) -> Part:
    found = fields_of(value, _BREADCRUMB)
    # The original's defaults; one that says nothing at all is left out instead.
    return {"type": "default", "level": "info"} | found if found else {}


def _sdk(value: JsonValue) -> Part | None:
    return fields_of(value, {**dict.fromkeys(("name", "version"), text), **dict.fromkeys(_SDK_LISTS, bag)}) or None


_SDK_LISTS = ("integrations", "packages", "features", "settings")
_NAMES = ("logger", "release", "dist", "transaction", "culprit", "server_name")
_BREADCRUMB: Mapping[str, Reader] = {
    "timestamp": bag,
    "type": text,
    "category": text,
    "level": level_of,
    "message": any_text,
    "data": bag_object,
    "event_id": text,
}
_REST: Mapping[str, Reader] = {
    "extra": bag_object,
    "modules": text_object,
    "sdk": _sdk,
    "debug_meta": bag_object,
    "time_spent": number,
    **dict.fromkeys(("csp", "hpkp", "expectct", "expectstaple", "template"), bag_object),
}
