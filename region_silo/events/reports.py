"""Reports of browsers on what a page's policy forbade, as events: CSP and Expect-CT, in the forms of each browser.

Owns how a report reads as an event; refuses to know how it came in. What is no such report is no event here.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import ValidationFailed

UNKNOWN_REPORT = (
    "Only reports of a content security policy and of Expect-CT are made events of; this is another report, or none."
)
_LOCAL = frozenset({"", "'self'"})
# A page's address may be a `data:` URL, which is as long as what it shows.
_MAX_CHARACTERS = 8192


def event_of_report(report: JsonValue) -> JsonObject:
    """The event that a report is.

    Args:
        report: as it was sent, parsed: an object, or the list that the Reporting API sends, of which the first counts.

    Raises:
        ValidationFailed: it is none of those that are known.
    """
    if isinstance(report, list) and report:
        # One request is one event here, as it is with SDKs; browsers send several at once but seldom.
        report = report[0]
    if isinstance(report, dict):
        body = report.get("csp-report", report.get("body"))
        # Reports of other kinds come with a `body` too.
        if isinstance(body, dict) and ("csp-report" in report or report.get("type") == "csp-violation"):
            return _csp({_dashed(name): value for name, value in body.items()})
        body = report.get("expect-ct-report")
        if isinstance(body, dict):
            return _expect_ct(body)
    raise ValidationFailed(UNKNOWN_REPORT)


def _csp(report: JsonObject) -> JsonObject:
    # A directive may be followed by its values; the name alone says what was forbidden.
    directive = (_text(report, "effective-directive") or _text(report, "violated-directive")).partition(" ")[0]
    page, blocked = _text(report, "document-uri", "document-url"), _text(report, "blocked-uri", "blocked-url")
    if not directive or not page:
        raise ValidationFailed(UNKNOWN_REPORT)
    # As the original words it: `script-src-elem` and `script-src` are one problem to a reader.
    kind = directive.removesuffix("-elem").removesuffix("-attr").removesuffix("-src")
    what = f"Blocked '{kind}' from '{_origin(blocked, page=page)}'"
    return {
        "logger": "csp",
        "platform": "other",
        "level": "error",
        "logentry": {"formatted": what},
        "culprit": directive,
        # By whence and not by what: a page with a thousand pictures of one host is one issue.
        "fingerprint": [directive, _origin(blocked, page=page)],
        "request": {"url": page, "headers": [["Referer", _text(report, "referrer")]]},
        "tags": {"effective-directive": directive, "blocked-uri": blocked or "self"},
        # Flat values alone; a sample of the script would bring its visitor's data along.
        "extra": {name: value for name, value in report.items() if isinstance(value, str | int)},
    }


def _expect_ct(report: JsonObject) -> JsonObject:
    host = _text(report, "hostname")
    if not host:
        raise ValidationFailed(UNKNOWN_REPORT)
    return {
        "logger": "csp",
        "platform": "other",
        "level": "error",
        "logentry": {"formatted": f"Expect-CT failed for '{host}'"},
        "culprit": host,
        "fingerprint": ["expect-ct", host],
        "request": {"url": f"https://{host}/"},
        "tags": {"hostname": host},
        "extra": {name: value for name, value in report.items() if isinstance(value, str | int)},
    }


def _origin(uri: str, *, page: str) -> str:
    """Whence it was to come: a host, a scheme such as ``data:``, ``self``, or a word such as ``inline``."""
    try:
        parts, own = urlsplit(uri), urlsplit(page)
    # What a browser blocked may be no address at all.
    except ValueError:
        return uri
    if uri in _LOCAL or (parts.netloc and parts.netloc == own.netloc):
        return "self"
    return parts.netloc or (f"{parts.scheme}:" if parts.scheme else uri)


def _text(report: Mapping[str, JsonValue], *names: str) -> str:
    found = next((value for name in names if isinstance(value := report.get(name), str)), "")
    return found[:_MAX_CHARACTERS]


def _dashed(name: str) -> str:
    """The Reporting API writes ``effectiveDirective``, the policy's own reports ``effective-directive``."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).replace("-u-r-l", "-url")
