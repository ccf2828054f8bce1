"""One OpenAPI document of what a silo serves itself and what it forwards, for control.

What regions serve stands in a file beside this one, which ``make docs`` writes from a region's own table: the document
of a running region is that region's word, and control's pages show no region's words as their own.
"""

import functools
import json
from importlib import resources
from typing import Any

REGIONS_FILE = "regions.json"
_PARTS = ("paths", "webhooks")


@functools.cache
def document_of_regions() -> dict[str, Any]:
    """What every region of this release serves."""
    text = resources.files("shared.http").joinpath(REGIONS_FILE).read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def print_document(document: dict[str, Any]) -> str:
    """The document as a file: a line for each path, webhook and schema, so that each changes by itself."""
    kept: dict[str, dict[str, Any]] = {part: document[part] for part in _PARTS}
    kept["schemas"] = document["components"]["schemas"]
    kept["securitySchemes"] = document["components"]["securitySchemes"]
    parts = [f"{json.dumps(name)}: {{\n{_lines(entries)}\n}}" for name, entries in kept.items()]
    return "{" + ",\n".join(parts) + "}\n"


def _lines(entries: dict[str, Any]) -> str:
    return ",\n".join(f"{json.dumps(name)}: {json.dumps(entries[name], sort_keys=True)}" for name in sorted(entries))


def merge_regions(document: dict[str, Any]) -> None:
    """Adds what regions serve to a document; what a silo serves itself is its own, also where regions serve it too."""
    regions = document_of_regions()
    for part in _PARTS:
        own = document.setdefault(part, {})
        for name, entry in regions[part].items():
            own[name] = entry | own.get(name, {})
    schemas = document["components"]["schemas"]
    document["components"]["schemas"] = regions["schemas"] | schemas
