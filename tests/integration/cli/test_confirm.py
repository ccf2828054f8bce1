"""What cannot be undone is asked for, and can be looked at first."""

from collections.abc import Callable

import pytest
import typer

from shared.cli.main import app
from tests.integration.cli.conftest import CommandLine

Manifest = Callable[..., str]

FOR_GOOD = (
    "app delete",
    "app publish",
    "app rotate-secret",
    "app token delete",
    "app uninstall",
    "key revoke",
    "org release",
    "outbox discard",
    "region remove",
    "region replace",
)


@pytest.mark.parametrize("command", FOR_GOOD)
def test_what_cannot_be_undone_can_be_confirmed_and_tried_dry(command: str) -> None:
    found = typer.main.get_command(app)
    for name in command.split():
        found = found.commands[name]  # type: ignore[attr-defined]  # each is a group but the last
    options = {option for param in found.params for option in param.opts}
    assert {"--yes", "--dry-run"} <= options


@pytest.fixture
def kanban(silo: CommandLine, manifest: Manifest) -> str:
    made = silo("app", "create", manifest(isInternal=True, verifyInstall=False), "--json").json
    return str(made["slug"])


@pytest.fixture
def commands(kanban: str) -> list[list[str]]:
    return [
        ["app", "delete", kanban],
        ["app", "rotate-secret", kanban],
        ["app", "uninstall", kanban],
        ["app", "publish", kanban],
        ["app", "token", "delete", kanban, "1"],
        ["outbox", "discard", "de", "--all"],
        ["key", "revoke", "us/us-1"],
        ["region", "replace", "us"],
        ["org", "release", "acme"],
    ]


def test_nothing_is_done_where_nobody_can_be_asked(silo: CommandLine, commands: list[list[str]]) -> None:
    for command in commands:
        ended = silo(*command)
        assert (ended.code, ended.out) == (2, ""), command
        assert ended.err.endswith("This cannot be undone, and nobody can be asked: add --yes.\n")


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    silo: CommandLine, kanban: str, commands: list[list[str]]
) -> None:
    before = silo("app", "show", kanban, "--json").json
    for command in commands:
        ended = silo(*command, "--dry-run")
        assert (ended.code, len(ended.err) > 20) == (0, True), command
    assert silo("app", "show", kanban, "--json").json == before
    assert silo("key", "list", "--json").json


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("n", 1)])
def test_a_person_is_asked(
    silo: CommandLine, kanban: str, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.confirm", lambda question, err: typed == "y")
    assert silo("app", "delete", kanban).code == code
    assert silo("app", "show", kanban).code == 1 - code
