"""Manifests of apps: the body of ``POST sentry-apps/`` as a file, in JSON or YAML; and one to start from."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from shared.errors import ConfigInvalid

STANDARD_INPUT = "-"

ACME_KANBAN: Mapping[str, Any] = {
    "name": "Acme Kanban",
    "author": "Acme Corporation",
    "overview": "Turns issues into cards on a Kanban board, and keeps both in step.",
    "isInternal": False,
    "verifyInstall": True,
    "isAlertable": True,
    "scopes": ["event:read", "event:write", "project:read"],
    "events": ["issue", "comment"],
    "webhookUrl": "https://kanban.acme.example/webhook",
    "redirectUrl": "https://kanban.acme.example/setup",
    "allowedOrigins": ["https://kanban.acme.example"],
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
"""A public app with every kind of component that third-party apps use."""


def read_manifest(source: str) -> dict[str, Any]:
    """The manifest in a file; ``-`` reads standard input.

    Raises:
        ConfigInvalid: it cannot be read, or is not one object in JSON or YAML.
    """
    text = _read(source)
    try:
        # JSON first: YAML reads most of it too, but explains its mistakes in words of its own.
        found = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as exc:
        raise ConfigInvalid(f"The manifest {source} is neither JSON nor YAML: {' '.join(str(exc).split())}") from exc
    if not isinstance(found, dict):
        raise ConfigInvalid(f"The manifest {source} is not one object; `silo app example` prints one that is.")
    return found


def _read(source: str) -> str:
    try:
        return sys.stdin.read() if source == STANDARD_INPUT else Path(source).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
        raise ConfigInvalid(f"The manifest {source} cannot be read: {reason}.") from exc
