"""The environment's variables as a table, from the classes that declare them."""

from collections.abc import Iterable, Mapping
from pathlib import PurePath

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from shared.config.settings import Settings, Shown, Unit


def render_variables(readers: Mapping[str, Iterable[type[Settings]]]) -> str:
    """One row for each variable, by name.

    Args:
        readers: the configurations of each reader, by what the table calls the reader.
    """
    found: dict[str, dict[str, FieldInfo]] = {}
    for reader, classes in readers.items():
        for settings in classes:
            for name, field in settings.variables().items():
                found.setdefault(name, {})[reader] = field
    rows = [f"| `{name}` | {_meaning(by)} | {_default(by)} | {', '.join(by)} |" for name, by in sorted(found.items())]
    return "\n".join(["| variable | meaning | default | read by |", "|---|---|---|---|", *rows])


def _meaning(by: Mapping[str, FieldInfo]) -> str:
    return _told({reader: " ".join((field.description or "").split()) for reader, field in by.items()})


def _default(by: Mapping[str, FieldInfo]) -> str:
    return _told({reader: _shown(field) for reader, field in by.items()})


def _told(texts: Mapping[str, str]) -> str:
    """What all say; where they differ, who says what."""
    readers: dict[str, list[str]] = {}
    for reader, text in texts.items():
        readers.setdefault(text, []).append(reader)
    told = [f"{', '.join(named)}: {text}" if len(readers) > 1 else text for text, named in readers.items()]
    return "; ".join(told).replace("|", "\\|")


def _shown(field: FieldInfo) -> str:
    for note in field.metadata:
        if isinstance(note, Shown):
            return note.default
    if field.is_required():
        return "required"
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str | PurePath):
        return f"`{value}`" if value else "none"
    unit = next((note.name for note in field.metadata if isinstance(note, Unit)), "")
    return f"{value} {unit}".rstrip()
