"""An app's own webhook headers: lines ``Name: value`` that are added to every webhook.

Owns their form, their masking and how they are merged (spec §5.1, settled.md). Refuses to know who may see them.
Their values may be secrets: nothing here ever puts one into an error.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from shared.domain.json_field import FieldInvalid, parse_list, shown
from shared.domain.json_value import JsonValue

MASKED_VALUE = "*" * 64
"""What is shown instead of a secret."""

MAX_HEADERS = 32
MAX_HEADER_LINE_CHARACTERS = 4096

FRAMING_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Names that say how a request is framed and routed; an app that set them could smuggle another request."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def parse_headers(value: JsonValue, *, current: Sequence[str] = ()) -> tuple[str, ...]:
    """The lines, each as ``Name: value``, trimmed.

    A value that is `MASKED_VALUE` stands for the value that the header of that name has in ``current``, so that
    whoever may not see the values can still send an app back as it was read.

    Raises:
        FieldInvalid: with a text for every line that is no header, or one that an app may not set.
    """
    # Names have no case: whoever writes one in another still means the same header.
    known = {name.lower(): text for name, text in map(_split, current)}
    return parse_list(value, lambda line: _parse_line(line, current=known), max_items=MAX_HEADERS)


def merge_headers(custom: Iterable[str], *, over: Mapping[str, str]) -> dict[str, str]:
    """The custom headers beneath the platform's own, which win; names are compared without regard to case.

    Lines that are no header, or one that an app may not set, are skipped. Values may hold any latin-1 character.
    """
    # The platform's own win: a signature or an id that an app could set would prove nothing.
    own = {name.lower() for name in over} | FRAMING_HEADERS
    merged: dict[str, tuple[str, str]] = {}
    for line in custom:
        name, value = _split(line)
        if not _problem(name, value) and name.lower() not in own:
            # Of two lines with one name the last counts; sent twice, receivers would disagree about which.
            merged[name.lower()] = (name, value)
    return {**dict(merged.values()), **over}


def mask_headers(lines: Iterable[str]) -> list[str]:
    """The lines with every value hidden.

    >>> mask_headers(["X-Key: secret"]) == [f"X-Key: {MASKED_VALUE}"]
    True
    """
    return [f"{_split(line)[0]}: {MASKED_VALUE}" for line in lines]


def _parse_line(line: JsonValue, *, current: Mapping[str, str]) -> str:
    if not isinstance(line, str):
        raise FieldInvalid("Not a valid string.")
    if len(line) > MAX_HEADER_LINE_CHARACTERS:
        raise FieldInvalid(f"Ensure a header has no more than {MAX_HEADER_LINE_CHARACTERS} characters.")
    if ":" not in line:
        raise FieldInvalid("A header must have the form 'Name: value'.")
    name, value = _split(line)
    problem = _problem(name, value) or _framing_problem(name)
    if problem:
        raise FieldInvalid(problem)
    if value != MASKED_VALUE:
        return f"{name}: {value}"
    if name.lower() not in current:
        raise FieldInvalid(f"The value of the header {shown(name)} is masked; its real value is not known here.")
    return f"{name}: {current[name.lower()]}"


def _split(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(" \t"), value.strip(" \t")


def _problem(name: str, value: str) -> str:
    # As ASCII: the name is a stranger's text on its way into an answer.
    if not _TOKEN.fullmatch(name):
        return f"{shown(ascii(name))} is not a valid header name."
    if _FORBIDDEN_IN_VALUE.search(value):
        return f"The value of the header {shown(name)} may not contain line breaks or control characters."
    # HTTP carries bytes; beyond latin-1 there is none for a character.
    if any(ord(character) > 0xFF for character in value):
        return f"The value of the header {shown(name)} may only contain latin-1 characters."
    return ""


def _framing_problem(name: str) -> str:
    return f"The header {shown(name)} may not be set." if name.lower() in FRAMING_HEADERS else ""
