"""Secrets stay home: what an event carries of passwords, tokens, cookies and card numbers becomes ``[Filtered]``.

Owns the original's default rules: which names give a secret away, what a secret looks like, and in which parts of an
event either is looked for. It is done when an event comes in, so that nothing of ours ever keeps one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from region_silo.events.normalize import NormalEvent
from region_silo.events.reading import Part

FILTERED = "[Filtered]"

_NAMES = (
    "password|secret|passwd|api[-_]key|apikey|auth|credentials|mysql_pwd|privatekey|private[-_]key"
    r"|token[^\s]*[:=]|^otp$|^two[-_]factor$"
)
"""Looked for in names and, as the original does it, in texts: one that speaks of a password is taken for one."""
_NAMES_ALONE = "token"
_COOKIES = re.compile(
    r"sentrysid|sudo|su|_?_?session|sessionid|user_session|symfony|phpsessid|fasthttpsessionid|mysession|irissessionid"
    r"|_vercel_jwt|_?[cx]srf|[cx]srf[-_]token|fastcsrf|_iris_csrf",
    re.IGNORECASE,
)
_SECRET_HEADERS = frozenset({"Cookie", "Set-Cookie"})
_OWN_CONTEXTS = frozenset(
    {"app", "browser", "cloud_resource", "culture", "device", "gpu", "monitor", "os", "profile", "runtime", "trace"}
)
"""What SDKs say of the machine: an app that is called Author is no secret."""
_HARMLESS = frozenset({"", "true", "false", "null", "undefined"})

_CARD = re.compile(r"\b(?:3[47]\d|4\d{3}|5[1-5]\d\d|65\d\d|6011)(?:[-\s]?\d){12}\b", re.ASCII)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}[a-zA-Z0-9]{11,29}\b", re.ASCII)
_SOCIAL_SECURITY = re.compile(r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b", re.ASCII)
_BEARER = re.compile(r"\bBearer\s+\S+", re.IGNORECASE)
_EMAIL = re.compile(r"\b[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*\.[a-zA-Z]{2,}\b")
_KEY = re.compile(r"(-----BEGIN[A-Z ]+(?:PRIVATE|PUBLIC) KEY-----\s*).+?(\s*-----END[A-Z ]+KEY-----)", re.DOTALL)
_URL_PASSWORD = re.compile(r"((?:\b[a-z0-9]+:)?//[a-zA-Z0-9%_.-]+:)[a-zA-Z0-9%_.-]+(@)")
_WHOLE = (_CARD, _IBAN, _SOCIAL_SECURITY, _BEARER)
_BETWEEN = (_KEY, _URL_PASSWORD)
_IN_MESSAGES = (
    (_BEARER, "[token]"),
    (_EMAIL, "[email]"),
    (_CARD, "[creditcard]"),
    (_IBAN, "[iban]"),
    (_SOCIAL_SECURITY, "[us-ssn]"),
)
"""What a message is too important to lose: a part is replaced, never the whole."""


@dataclass(frozen=True, kw_only=True)
class Scrubbing:
    """What a project wants to be filtered."""

    is_on: bool = True
    with_defaults: bool = True
    """Whether the rules of this module apply, or ``sensitive_fields`` alone."""
    sensitive_fields: tuple[str, ...] = ()
    """Parts of names that give a secret away besides."""
    safe_fields: tuple[str, ...] = ()
    """Names whose values stay, in any case."""


def scrub(event: NormalEvent, scrubbing: Scrubbing) -> NormalEvent:
    """The event without its secrets."""
    if not scrubbing.is_on or not (scrubbing.with_defaults or scrubbing.sensitive_fields):
        return event
    scrubber = _Scrubber(scrubbing)
    return replace(
        event,
        logentry=scrubber.message(event.logentry),
        exceptions=[scrubber.raised(each) for each in event.exceptions],
        stacktrace=scrubber.trace(event.stacktrace),
        threads=[scrubber.raised(each) for each in event.threads],
        breadcrumbs=[scrubber.fields(each, "message", "data") for each in event.breadcrumbs],
        request=scrubber.request(event.request),
        user=scrubber.fields(event.user, "data") if event.user else None,
        contexts=scrubber.fields(event.contexts, *(event.contexts.keys() - _OWN_CONTEXTS)),
        rest=scrubber.fields(event.rest, "extra"),
    )


class _Scrubber:
    """The rules of one project."""

    def __init__(self, scrubbing: Scrubbing) -> None:
        # Escaped: a project writes parts of names, and a pattern could take for ever.
        own = "|".join(re.escape(name) for name in scrubbing.sensitive_fields)
        # One pattern for all names: each value is searched once, however many a project adds.
        names = [names for names in (_NAMES if scrubbing.with_defaults else "", own) if names]
        self._with_defaults = scrubbing.with_defaults
        self._anywhere = re.compile("|".join(names), re.IGNORECASE)
        alone = [_NAMES_ALONE] if scrubbing.with_defaults else []
        self._in_names = re.compile("|".join([*names, *alone]), re.IGNORECASE)
        self._safe = {name.lower() for name in scrubbing.safe_fields}

    def message(self, entry: Part | None) -> Part | None:
        if entry is None or not self._with_defaults:
            return entry
        scrubbed = self.fields(entry, "params")
        for pattern, instead in _IN_MESSAGES:
            scrubbed["formatted"] = pattern.sub(instead, scrubbed["formatted"])
        return scrubbed

    def raised(self, raised: Part) -> Part:
        """An exception, or a thread."""
        traces = {name: self.trace(raised[name]) for name in ("stacktrace", "raw_stacktrace") if name in raised}
        mechanism = {"mechanism": self.fields(raised["mechanism"], "data", "meta")} if "mechanism" in raised else {}
        return raised | traces | mechanism

    def trace(self, trace: Part | None) -> Part | None:
        if trace is None:
            return None
        return trace | {"frames": [self.fields(frame, "vars", "data") for frame in trace["frames"]]}

    def request(self, asked: Part | None) -> Part | None:
        if asked is None:
            return None
        scrubbed = self.fields(asked, "data", "env", "fragment", "query_string")
        if "url" in asked and self._with_defaults:
            scrubbed["url"] = _URL_PASSWORD.sub(rf"\1{FILTERED}\2", asked["url"])
        # Cookies that came in a header are in both places; of the header alone it cannot be told which are harmless.
        from_header = any(name == "Cookie" for name, _ in asked.get("headers", ()))
        if "headers" in asked:
            scrubbed["headers"] = [[name, self._header(name, value)] for name, value in asked["headers"]]
        if "cookies" in asked:
            pairs = asked["cookies"]
            scrubbed["cookies"] = [[name, self._cookie(name, value, is_secret=from_header)] for name, value in pairs]
        return scrubbed

    def fields(self, part: Part, *names: str) -> Part:
        """The part with these of its fields scrubbed."""
        return part | {name: self.value(name, part[name]) for name in names if name in part}

    def value(self, name: str, value: Any) -> Any:
        """A value by its name and by what it looks like."""
        if value is None or isinstance(value, bool) or (isinstance(value, str) and value in _HARMLESS):
            return value
        # Before the rules: a project that names a field knows better than they do.
        if name.lower() in self._safe:
            return value
        # The whole value, of whatever kind: what is below a secret's name is the secret.
        if self._in_names.search(name):
            return FILTERED
        if isinstance(value, Mapping):
            return {key: self.value(key, each) for key, each in value.items()}
        if isinstance(value, list):
            return self._list(name, value)
        return self._text(value) if isinstance(value, str) else value

    def _list(self, name: str, value: list[Any]) -> list[Any]:
        # A list of two may be a name and its value: headers and variables come so from some SDKs.
        if len(value) == 2 and isinstance(value[0], str):
            return [value[0], self.value(value[0], value[1])]
        return [self.value(name, each) for each in value]

    def _text(self, text: str) -> str:
        # The text as a whole, as the original does it: where in it the secret stands cannot be told.
        if self._anywhere.search(text):
            return FILTERED
        if self._with_defaults:
            for pattern in _WHOLE:
                text = pattern.sub(FILTERED, text)
            for pattern in _BETWEEN:
                text = pattern.sub(rf"\1{FILTERED}\2", text)
        return text

    def _header(self, name: str, value: str) -> Any:
        # Versions in it look like numbers of cards and accounts.
        if name == "User-Agent":
            return value
        return FILTERED if name in _SECRET_HEADERS and self._with_defaults else self.value(name, value)

    def _cookie(self, name: str, value: str, *, is_secret: bool) -> Any:
        is_filtered = self._with_defaults and (is_secret or _COOKIES.fullmatch(name))
        return FILTERED if is_filtered else self.value(name, value)
