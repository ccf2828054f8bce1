"""The request that the monitored software served when it happened, and the user who made it.

Owns their one shape: pairs for headers, query and cookies, an address without its query, a body that was JSON or a form
as what it says; and whose address stands for the user's (``{{auto}}``).
"""

import json
import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from region_silo.events.reading import (
    Part,
    Reader,
    any_text,
    bag,
    bag_object,
    fields_of,
    mapping_of,
    pairs_of,
    text,
    text_of,
)
from shared.domain.json_value import JsonValue

AUTO = "{{auto}}"
"""Instead of an address: that of whoever sends the event."""

_METHOD = re.compile(r"[A-Z_-]{3,32}")
_FROM_CLIENTS = frozenset({"javascript", "cocoa", "objc"})
"""Platforms whose events come from their user's own machine."""
_MAX_PAIRS = 200


def request(value: JsonValue) -> Part | None:
    """The request, or None where nothing was said of one."""
    found = fields_of(value, _REQUEST)
    if "url" in found:
        found = _split(found)
    # Both would have to be scrubbed alike; of the parsed ones each is judged by its name.
    if found.get("cookies") and "headers" in found:
        found["headers"] = [pair for pair in found["headers"] if pair[0] != "Cookie"]
    # Parsed where they came as a header alone, so that at least their names are shown.
    cookie = next((value for name, value in found.get("headers", ()) if name == "Cookie"), None)
    if cookie and "cookies" not in found and (cookies := _cookies(cookie)):
        found["cookies"] = cookies
    kind = _kind_of_body(mapping_of(value).get("data"), found)
    return found | {"inferred_content_type": kind} if kind else found or None


def _split(found: Part) -> Part:
    """The address without its query and fragment, which have fields of their own; those outrank what it says."""
    # JavaScript SDKs cut long addresses with the one character that means three dots.
    url = found["url"].replace("\u2026", "...")
    rest, _, fragment = url.partition("#")
    place, _, query = rest.partition("?")
    try:
        parts = urlsplit(place)
        # A host alone and its root are the same page, and become one tag.
        place = urlunsplit(parts._replace(path=parts.path or "/")) if parts.netloc else place
    except ValueError:
        pass  # what is no address stays as it is
    derived = {"query_string": _query(query), "fragment": fragment or None}
    # What was sent as a field of its own stands behind, and so outranks what the address says.
    return {name: part for name, part in derived.items() if part} | found | {"url": place}


def _method(value: JsonValue) -> str | None:
    method = text_of(value).upper()
    return method if _METHOD.fullmatch(method) else None


def _pairs(value: JsonValue) -> list[list[str]] | None:
    pairs = [[text_of(key), any_text(each) or ""] for key, each in pairs_of(value)[:_MAX_PAIRS]]
    return [pair for pair in pairs if pair[0]] or None


def _query(value: JsonValue) -> list[list[str]] | None:
    if isinstance(value, str):
        try:
            return [list(pair) for pair in parse_qsl(value.lstrip("?"), keep_blank_values=True)[:_MAX_PAIRS]] or None
        except ValueError:
            return None
    return _pairs(value)


def _cookies(value: JsonValue) -> list[list[str]] | None:
    if isinstance(value, str):
        # Not Python's reader of cookies, which drops all of them at the first that it dislikes.
        halves = (part.strip().partition("=") for part in value.split(";"))
        return [[name, each] for name, _, each in halves if name][:_MAX_PAIRS] or None
    return _pairs(value)


def _headers(value: JsonValue) -> list[list[str]] | None:
    shown = [[_title(text_of(name)), _joined(each)] for name, each in pairs_of(value)[:_MAX_PAIRS]]
    # Sorted, as HTTP gives their order no meaning: equal requests are shown alike.
    return sorted(pair for pair in shown if pair[0]) or None


def _joined(value: JsonValue) -> str:
    return ",".join(map(text_of, value)) if isinstance(value, list) else text_of(value)


def _title(name: str) -> str:
    # Names have no case in HTTP; scrubbing and the rest of this module compare them as they are spelled here.
    return "-".join(part[:1].upper() + part[1:] for part in name.split("-"))


def _body(value: JsonValue) -> object:
    """JSON and forms as what they say; anything else as it was sent."""
    if not isinstance(value, str):
        return bag(value)
    try:
        return bag(json.loads(value))
    except (ValueError, RecursionError):
        return _form(value) or bag(value)


def _form(body: str) -> dict[str, str] | None:
    # A form is sent as ASCII, with everything else escaped; what starts so is another format cut off.
    if not body.isascii() or body.startswith(("<?xml", "{", "[")):
        return None
    try:
        form = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=_MAX_PAIRS))
    except ValueError:
        return None
    # Base64 and a single word would be read as a form, too.
    is_form = len(form) > 1 or any(value not in ("", "=") for value in form.values())
    return form if is_form else None


def _kind_of_body(sent: JsonValue, found: Part) -> str | None:
    # It could be read, so it says itself what it was, whatever a header claims.
    if isinstance(sent, str) and not isinstance(found.get("data"), str):
        return "application/json" if sent.lstrip()[:1] in ("{", "[") else "application/x-www-form-urlencoded"
    named = next((value for name, value in found.get("headers", ()) if name == "Content-Type"), "")
    return named.partition(";")[0].strip() or None


def user(value: JsonValue) -> Part | None:
    """The user; what is known of nobody stands under ``data``."""
    found = fields_of(value, _USER)
    if isinstance(value, Mapping):
        # Kept, but apart: what SDKs add of their own must not look like what is known of every user.
        others = {key: bag(each) for key, each in value.items() if key not in _USER and each is not None}
        if others:
            found["data"] = others | found.get("data", {})
    return found or None


def with_addresses(asked: Part | None, who: Part | None, *, platform: str, sender: str | None) -> Part | None:
    """The user with an address: that of the request, or the sender's where the sender stands in for the user.

    Args:
        asked: the request; its ``{{auto}}`` is filled in.
        who: the user.
        platform: of the event.
        sender: address of whoever sent the event; None when it is not known.
    """
    # Changed in place, in the request of the event that is being read: nobody else has it yet.
    env = (asked or {}).get("env", {})
    if env.get("REMOTE_ADDR") == AUTO and sender:
        env["REMOTE_ADDR"] = sender
    who = dict(who or {})
    given = who.pop("ip_address", None)
    if given == AUTO:
        given = sender
    if not given:
        # A server's events come from the server: its address is no user's.
        given = env.get("REMOTE_ADDR") or (sender if platform in _FROM_CLIENTS else None)
    return who | {"ip_address": given} if _is_address(given) else who or None


def _is_address(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ip_address(value))
    except ValueError:
        return False


_REQUEST: Mapping[str, Reader] = {
    "url": text,
    "method": _method,
    "data": _body,
    "query_string": _query,
    "fragment": text,
    "cookies": _cookies,
    "headers": _headers,
    "env": bag_object,
    "api_target": text,
}
_USER: Mapping[str, Reader] = {
    **dict.fromkeys(("id", "email", "username", "ip_address", "name", "segment"), text),
    "geo": bag_object,
    "data": bag_object,
}
