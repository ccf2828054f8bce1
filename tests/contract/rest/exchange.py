"""Requests and what was answered, with everything that differs from run to run replaced by names.

Owns the naming: a value of chance, such as a UUID or a secret, has one name wherever it stands in a story, so that a
golden file still shows which is which.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from shared.http.endpoint import Endpoint, EventStream

_CHANCE = re.compile(
    r"(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|(?P<secret>\b[0-9a-f]{64}\b)|(?P<id>\b[0-9a-f]{32}\b)"
    r"|(?P<date>\b\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\b)"
)
_OF_CHANCE = {
    "durationMs": "<milliseconds>",
    "password": "<password>",
    "server": "<server>",
    "tokenLastCharacters": "<last 4>",
}
"""Fields whose values are replaced by their names alone."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer."""

    endpoint: str
    """``METHOD /path/{parameter}/``"""
    request: str
    """``METHOD /path`` and who sent it."""
    body: Any
    """JSON; None without one."""
    status: int
    link: str | None
    """The header."""
    answer: Any
    """JSON; None without a body."""

    def as_json(self, naming: "Naming") -> dict[str, Any]:
        """With names in place of chance."""
        return {key: naming.replaced(value) for key, value in asdict(self).items()}


class Naming:
    """Names for what differs from run to run."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def name(self, value: str, name: str) -> None:
        """From now on, a value is written as ``<name>``."""
        self._names[value] = f"<{name}>"

    def value_named(self, name: str) -> str:
        """The value that is written as ``<name>``."""
        return next(value for value, named in self._names.items() if named == f"<{name}>")

    def replaced(self, value: Any) -> Any:
        """A JSON value with names in place of chance, and with the keys of objects in order: theirs is chance too."""
        if isinstance(value, str):
            return self._replaced_text(value)
        if isinstance(value, list):
            return [self.replaced(item) for item in value]
        if isinstance(value, dict):
            return {key: self._replaced_field(key, value[key]) for key in sorted(value)}
        return value

    def _replaced_field(self, key: str, value: Any) -> Any:
        return _OF_CHANCE[key] if key in _OF_CHANCE and value is not None else self.replaced(value)

    def _replaced_text(self, text: str) -> str:
        for value, name in self._names.items():
            text = text.replace(value, name)
        return _CHANCE.sub(self._name_of, text)

    def _name_of(self, found: re.Match[str]) -> str:
        kind, value = str(found.lastgroup), found.group()
        if kind == "date":
            return "<date>"
        if value not in self._names:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self.name(value, f"{kind} {self._counts[kind]}")
        return self._names[value]


class Templates:
    """Which endpoint a path belongs to."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._patterns = [(_pattern(each.path), each) for each in endpoints]

    def endpoint(self, method: str, path: str) -> Endpoint:
        """The endpoint; of several, the one whose path has the fewest parameters."""
        plain = path.partition("?")[0]
        fitting = [each for pattern, each in self._patterns if each.method == method and pattern.fullmatch(plain)]
        return min(fitting, key=lambda each: each.path.count("{"))


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in _parts(path)))


def _parts(path: str) -> list[str]:
    return re.split(r"({\w+})", path)


def json_of(answer: httpx.Response) -> Any:
    """The body of an answer; its lines but for places, where it is a stream; None when it has none."""
    if answer.headers.get("content-type", "").startswith(EventStream.media_type):
        return [line for line in answer.text.splitlines() if not line.startswith("id:")]
    return json.loads(answer.content) if answer.content else None
