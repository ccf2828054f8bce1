"""How a command is given a token or a password without everybody on the machine reading it."""

import io

import pytest

from shared.cli.main import DONE, SAID_NO, run
from shared.cli.topology import Topology
from tests.integration.cli.conftest import CommandLine

PASSWORD = "correct horse battery"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Standard input that is no terminal."""
    text = io.StringIO()
    monkeypatch.setattr("sys.stdin", text)
    return text


def test_a_token_is_taken_from_the_environment(silo: CommandLine, topology: Topology) -> None:
    where = ["app", "list", "--control", topology.control.http]
    assert run(where, environ={"SILO_TOKEN": topology.users["owner"].token}) == DONE
    assert run(where, environ={"SILO_TOKEN": "unknown"}) == SAID_NO


def test_a_token_of_the_command_line_outranks_the_environments(silo: CommandLine, topology: Topology) -> None:
    line = ["app", "list", "--control", topology.control.http, "--token", topology.users["owner"].token]
    assert run(line, environ={"SILO_TOKEN": "unknown"}) == DONE


def test_a_directory_is_taken_from_the_environment(silo: CommandLine) -> None:
    assert run(["app", "list"], environ={"SILO_DATA": str(silo.data)}) == DONE


def test_a_token_is_read_from_standard_input(silo: CommandLine, topology: Topology, typed: io.StringIO) -> None:
    typed.write(f"{topology.users['owner'].token}\n")
    typed.seek(0)
    ended = silo("app", "list", "--json", "--token", "-")
    assert (ended.code, ended.json, ended.err) == (DONE, [], "")


def test_a_password_is_read_from_standard_input(silo: CommandLine, typed: io.StringIO) -> None:
    typed.write(f"{PASSWORD}\n")
    typed.seek(0)
    ended = silo("user", "create", "bob@acme.example", "--password", "-", "--json")
    assert (ended.json["password"], ended.err) == (PASSWORD, "")


def test_a_secret_is_asked_for_at_a_terminal(
    silo: CommandLine, typed: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda prompt: PASSWORD if prompt == "Password: " else "")
    assert silo("user", "create", "bob@acme.example", "--password", "-", "--json").json["password"] == PASSWORD


@pytest.mark.parametrize(
    ("option", "line"),
    [
        ("--password", ["user", "create", "bob@acme.example", "--password", PASSWORD]),
        ("--token", ["app", "list", "--token", "{token}"]),
    ],
)
def test_a_secret_on_the_command_line_is_warned_of(
    silo: CommandLine, topology: Topology, option: str, line: list[str]
) -> None:
    ended = silo(*(text.format(token=topology.users["owner"].token) for text in line))
    assert f"every user of this machine could read {option}." in ended.err
