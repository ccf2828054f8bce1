"""A row of the table of calls, and when an answer is what a row says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.e2e.stranger import OPERATOR, Answer


@dataclass(frozen=True)
class Refused:
    """The call itself fails."""

    code: str
    reason: str
    field: str = ""
    """That ``BadRequest`` names; empty when none is to blame."""


@dataclass(frozen=True)
class Includes:
    """A list that may hold more than this item: what a busy machine makes the platform repeat."""

    item: Any


@dataclass(frozen=True)
class Row:
    """One call, to one or more silos, with the same answer."""

    silos: str
    """Names, separated by blanks."""
    method: str
    """``package.Service/Method``"""
    request: Mapping[str, Any]
    expected: Mapping[str, Any] | Refused
    """The answer has at least these keys; ``None`` stands for one that is absent. Lists are of equal length."""
    caller: str = OPERATOR

    def expect(self, facts: Mapping[str, Any]) -> Mapping[str, Any] | Refused:
        """What is expected, by the facts."""
        if isinstance(self.expected, Refused):
            return self.expected
        expected: Mapping[str, Any] = named(self.expected, facts)
        return expected


def rows_of(service: str, silos: str, *cells: tuple[Any, ...], caller: str = OPERATOR) -> list[Row]:
    """Rows of one service on some silos: each cell is a method, a request and what is expected."""
    return [Row(silos, f"{service}/{method}", request, expected, caller) for method, request, expected in cells]


def named(value: Any, facts: Mapping[str, Any]) -> Any:
    """The value with ``@thing.key`` in place of what the fact of that name says."""
    if isinstance(value, str) and value.startswith("@"):
        thing, _, key = value[1:].partition(".")
        return facts[thing][key]
    if isinstance(value, Mapping):
        return {key: named(item, facts) for key, item in value.items()}
    if isinstance(value, Includes):
        return Includes(named(value.item, facts))
    return [named(item, facts) for item in value] if isinstance(value, list) else value


def is_as_expected(answer: Answer, expected: Mapping[str, Any] | Refused) -> bool:
    """Whether the answer holds what a row, with its facts, expects."""
    if isinstance(expected, Refused):
        fields = [expected.field] if expected.field else []
        return (answer.code, answer.reason, list(answer.fields)) == (expected.code, expected.reason, fields)
    return answer.code == "OK" and holds(answer.json, expected)


def holds(found: Any, expected: Any) -> bool:
    """Whether everything expected is found: keys may be more, items of a list may not."""
    if isinstance(expected, Mapping):
        return isinstance(found, Mapping) and all(holds(found.get(key), item) for key, item in expected.items())
    if isinstance(expected, Includes):
        return any(holds(item, expected.item) for item in found or ())
    if isinstance(expected, list):
        is_list = isinstance(found, Sequence) and len(found) == len(expected)
        return is_list and all(holds(*pair) for pair in zip(found, expected, strict=True))
    return bool(found == expected)
