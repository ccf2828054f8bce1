"""Manifests of apps: the body of ``POST sentry-apps/`` as a file, in JSON or YAML; and one to start from."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from shared.errors import ConfigInvalid

STANDARD_INPUT = "-"
MAX_CHARACTERS = 256 * 1024
"""A manifest has a few thousand. Reading YAML takes seconds a megabyte."""
# Far more than a schema has, and far less than Python's own stack.
MAX_DEPTH = 64
RECEIVER_PORT = 3000
"""Where `silo receiver` listens, which is the app that the example describes."""


def acme_kanban(url: str) -> dict[str, Any]:
    """The manifest of a public app with every kind of component.

    Args:
        url: where the app is, without a path.
    """
    return {
        "name": "Acme Kanban",
        "author": "Acme Corporation",
        "overview": "Turns issues into cards on a Kanban board, and keeps both in step.",
        "isInternal": False,
        "verifyInstall": True,
        "isAlertable": True,
        "scopes": ["event:read", "event:write", "project:read"],
        "events": ["issue", "comment"],
        "webhookUrl": f"{url}/webhook",
        "redirectUrl": f"{url}/setup",
        "allowedOrigins": [url],
        "schema": {
            "elements": [
                {
                    "type": "issue-link",
                    "link": {
                        "uri": "/issues/link",
                        "required_fields": [
                            {"type": "select", "name": "board", "label": "Board", "uri": "/options/boards"},
                            {
                                "type": "select",
                                "name": "card",
                                "label": "Card",
                                "uri": "/options/cards",
                                "depends_on": ["board"],
                                "skip_load_on_open": True,
                            },
                        ],
                    },
                    "create": {
                        "uri": "/issues/create",
                        "required_fields": [
                            {"type": "text", "name": "title", "label": "Title", "default": "issue.title"},
                            {"type": "select", "name": "board", "label": "Board", "uri": "/options/boards"},
                            {
                                "type": "select",
                                "name": "column",
                                "label": "Column",
                                "uri": "/options/columns",
                                "depends_on": ["board"],
                            },
                        ],
                        "optional_fields": [
                            {
                                "type": "textarea",
                                "name": "description",
                                "label": "Description",
                                "default": "issue.description",
                            },
                            {
                                "type": "select",
                                "name": "priority",
                                "label": "Priority",
                                "options": [["high", "High"], ["normal", "Normal"], ["low", "Low"]],
                            },
                        ],
                    },
                },
                {"type": "stacktrace-link", "uri": "/source"},
                {
                    "type": "alert-rule-action",
                    "title": "Create a card",
                    "settings": {
                        "type": "alert-rule-settings",
                        "uri": "/alerts/create",
                        "description": "A card for each alert, on the board of your choice.",
                        "required_fields": [
                            {"type": "text", "name": "title", "label": "Title"},
                            {"type": "select", "name": "board", "label": "Board", "uri": "/options/boards"},
                        ],
                        "optional_fields": [{"type": "textarea", "name": "note", "label": "Note"}],
                    },
                },
            ]
        },
    }


def read_manifest(source: str) -> dict[str, Any]:
    """The manifest in a file; ``-`` reads standard input.

    Raises:
        ConfigInvalid: it cannot be read, or is not one object of JSON's values, in JSON or YAML.
    """
    text = _read(source)
    # JSON first: YAML reads most of it too, but explains its mistakes in words of its own.
    language, parse = ("JSON", _parse_json) if text.lstrip().startswith(("{", "[")) else ("YAML", _parse_yaml)
    try:
        found = parse(text)
    except RecursionError as exc:
        raise ConfigInvalid(f"The manifest {source} is nested too deeply.") from exc
    except (ValueError, yaml.YAMLError) as exc:
        raise ConfigInvalid(f"The manifest {source} is not {language}: {_problem(exc)}.") from exc
    if not isinstance(found, dict):
        raise ConfigInvalid(f"The manifest {source} is not one object; `silo app example` prints one that is.")
    try:
        # YAML knows values that JSON does not, such as sets and dates as keys.
        json.dumps(found, allow_nan=False)
    except (ValueError, TypeError, RecursionError) as exc:
        raise ConfigInvalid(f"The manifest {source} holds what JSON cannot: {_problem(exc)}.") from exc
    return found


class _JsonLoader(yaml.SafeLoader):
    """Reads what JSON has too: a date stays text, and a key that occurs twice is a mistake.

    An alias is one as well: ten lines of aliases of aliases make a value of a billion parts.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            where = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # a hole in its stubs
            raise yaml.MarkedYAMLError(problem="JSON has no aliases", problem_mark=where)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise RecursionError
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        # YAML's own loader would take the last one without a word.
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} occurs twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_JsonLoader.add_constructor(  # type: ignore[type-var]  # its stubs know no loader of one's own
    "tag:yaml.org,2002:timestamp", yaml.SafeLoader.construct_yaml_str
)


def _parse_yaml(text: str) -> Any:
    return yaml.load(text, Loader=_JsonLoader)  # noqa: S506 - it is a safe loader


def _parse_json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {twice!r} occurs twice")
    return found


def _problem(exc: Exception) -> str:
    """What is wrong, and where: YAML's own text spreads it over several lines."""
    text, where = str(exc), ""
    if isinstance(exc, yaml.MarkedYAMLError):
        mark = exc.problem_mark or exc.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        text = exc.problem or exc.context or text
    return f"{where}{' '.join(text.split())}"


def _read(source: str) -> str:
    try:
        if source == STANDARD_INPUT:
            # One more than is allowed, by which it is seen that there is more.
            text = sys.stdin.read(MAX_CHARACTERS + 1)
        else:
            with Path(source).open(encoding="utf-8") as file:
                text = file.read(MAX_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
        raise ConfigInvalid(f"The manifest {source} cannot be read: {reason}.") from exc
    if len(text) > MAX_CHARACTERS:
        raise ConfigInvalid(f"The manifest {source} has more than {MAX_CHARACTERS} characters.")
    return text
