"""What a new command must not forget: each place that is missing is named here."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
import typer

import shared.cli
from shared.cli.main import COMMANDS, DONE, app, run

ROOT = typer.main.get_command(app)
JSON_ALWAYS = {"app example", "rpc"}
"""They print nothing else."""


def commands(group: Any, *above: str) -> Iterator[tuple[str, Any]]:
    """Every command and every group of commands, with what is typed for it."""
    for name in group.commands:
        command = group.commands[name]
        yield " ".join((*above, name)), command
        yield from commands(command, *above, name) if hasattr(command, "commands") else ()


ALL = dict(commands(ROOT))
LEAVES = [name for name, command in ALL.items() if not hasattr(command, "commands")]


def typers() -> Iterator[tuple[str, typer.Typer]]:
    """Every group of commands, or command, that a module of the command line defines."""
    for found in pkgutil.walk_packages(shared.cli.__path__, "shared.cli."):
        if not found.name.endswith("__main__"):
            module = importlib.import_module(found.name)
            yield from ((found.name, each) for _, each in inspect.getmembers(module) if isinstance(each, typer.Typer))


def offered() -> Iterator[typer.Typer]:
    yield app
    for entry in COMMANDS.values():
        group = getattr(importlib.import_module(entry.module), entry.attribute)
        yield group
        yield from (each.typer_instance for each in group.registered_groups if each.typer_instance)


def test_every_command_that_is_written_is_offered() -> None:
    known = {id(each) for each in offered()}
    forgotten = [module for module, each in typers() if id(each) not in known]
    assert forgotten == [], "add them to COMMANDS in shared/cli/main.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_of_each_what_its_own_help_says(name: str) -> None:
    assert COMMANDS[name].summary == ALL[name].help.partition("\n\n")[0]


@pytest.mark.parametrize("command", ALL)
def test_every_command_shows_help_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ALL[command].help, "its docstring is its help"
    assert run([*command.split(), "--help"], environ={}) == DONE
    assert f"silo {command}" in capsys.readouterr().out.partition("Examples")[2]


@pytest.mark.parametrize("command", LEAVES)
def test_every_command_takes_a_directory_and_can_print_json(command: str) -> None:
    options = {option for param in ALL[command].params for option in param.opts}
    wanted = {"--data"} if command in JSON_ALWAYS else {"--data", "--json"}
    assert wanted - options == set(), "class SiloCommand or LocalCommand gives --data; JsonOption gives --json"
