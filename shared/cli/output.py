"""Where lines go: JSON to standard output, everything else to standard error. Light, for commands that run in loops."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from shared.errors import DeadlineExceeded, SiloError, SiloUnreachable

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]


def print_json(value: Any) -> None:
    """One JSON value: a line by itself for programs, indented for a person at a terminal."""
    print(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None), flush=True)


def note(text: str) -> None:
    """A line for whoever watches."""
    print(text, file=sys.stderr, flush=True)


def complain(command: str, sentence: str, *, fields: Mapping[str, Sequence[str]] | None = None) -> None:
    """The one line that says why a command did not do what was asked; nothing when there is nothing to say."""
    details = "; ".join(f"{field}: {' '.join(texts)}" for field, texts in (fields or {}).items())
    # One line, whatever the texts hold: scripts read standard error by lines.
    line = " ".join(part for part in (sentence, f"({details})" if details else "") if part)
    if line:
        note(f"{command}: {' '.join(line.split())}")


def sentence_of(error: SiloError) -> str:
    """What an error says; when a silo does not answer, which one that is, and how to look into it."""
    silo = error.metadata.get("silo")
    away = {SiloUnreachable: "cannot be reached", DeadlineExceeded: "did not answer in time"}.get(type(error))
    if silo and away and error.message == type(error)().message:
        return f"{silo} {away}. `silo status` shows which silos answer."
    return error.message


def examples(*lines: str) -> str:
    """The epilog of a command's help."""
    return "\n\n".join(("[bold]Examples[/bold]", "\n".join(lines)))
