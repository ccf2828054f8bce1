"""The file that an app reads its credentials from: lines of ``NAME=value``, of which only ours are touched."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from shared.errors import ConfigInvalid


def write_variables(path: Path, variables: Mapping[str, str]) -> bool:
    """Sets these variables and leaves every other line as it is; False where nothing had to change.

    Whoever may write to the folder sees the old file or the new one, never half of one; nobody but its owner reads it.

    Raises:
        ConfigInvalid: the file cannot be read or written.
    """
    try:
        before = path.read_text("utf-8") if path.exists() else ""
        after = _merged(before, variables)
        if after == before:
            return False
        _replace(path, after)
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigInvalid(f"{path} cannot be written: {exc}.") from exc
    return True


def read_variable(path: Path, name: str) -> str:
    """The value of a variable; empty where there is none, or no file."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return next((value for key, value in map(_parts, lines) if key == name), "")


def _merged(text: str, variables: Mapping[str, str]) -> str:
    lines, left = [], dict(variables)
    for line in text.splitlines():
        name, _ = _parts(line)
        lines.append(f"{name}={left.pop(name)}" if name in left else line)
    lines += [f"{name}={value}" for name, value in left.items()]
    return "\n".join(lines) + "\n"


def _parts(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name.removeprefix("export ").strip(), value.strip()


def _replace(path: Path, text: str) -> None:
    # Readable for its owner alone from the first moment, as a temporary file is.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
