"""What a person types, as tables: the commands of ``silo`` and the targets of ``make``."""

import re
from collections.abc import Iterator
from typing import Any

_TARGET = re.compile(r"^(?P<name>[a-z-]+):.*?## (?P<text>.*)$", re.MULTILINE)


def render_commands(root: Any) -> str:
    """One row for each command.

    Args:
        root: ``silo`` itself, a group of typer's.
    """
    rows = [f"| `silo {name}` | {_cell(_first_sentence(command.help))} |" for name, command in _leaves(root)]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def render_targets(makefile: str) -> str:
    """One row for each target that the Makefile explains.

    Args:
        makefile: its text.
    """
    rows = [f"| `make {found['name']}` | {_cell(found['text'])} |" for found in _TARGET.finditer(makefile)]
    return "\n".join(["| target | what it does |", "|---|---|", *rows])


def _leaves(group: Any, *above: str) -> Iterator[tuple[str, Any]]:
    for name in group.commands:
        command = group.commands[name]
        if hasattr(command, "commands"):
            yield from _leaves(command, *above, name)
        else:
            yield " ".join((*above, name)), command


def _first_sentence(text: str) -> str:
    return text.partition("\n")[0].partition(". ")[0].rstrip(".") + "."


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
