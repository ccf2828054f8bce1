import shlex
import sys
from pathlib import Path

import pytest

from shared.cli.contract import find_method
from shared.cli.invocation import DEFAULT_DATA
from shared.cli.main import run
from shared.cli.up import next_steps
from tests.unit.cli.test_topology import TOPOLOGY


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> str:
    """How `make up` calls it."""
    monkeypatch.setattr(sys, "argv", [".venv/bin/silo"])
    return ".venv/bin/silo"


def test_each_line_calls_the_program_as_it_was_called(called: str) -> None:
    steps = next_steps(TOPOLOGY, DEFAULT_DATA.absolute())
    assert f"  {called} app install hello\n" in steps
    assert "--data" not in steps


def test_another_directory_is_named_so_that_a_shell_understands_it(called: str, tmp_path: Path) -> None:
    steps = next_steps(TOPOLOGY, tmp_path / "with space")
    assert f"--data '{tmp_path / 'with space'}'" in steps


def test_no_program_is_called_with_the_token(called: str) -> None:
    lines = next_steps(TOPOLOGY, DEFAULT_DATA.absolute()).replace("\\\n", " ").splitlines()
    token = TOPOLOGY.users["owner"].token
    assert [line for line in lines if token in line] == [f"  TOKEN={token}"]
    [passed_on] = [line for line in lines if "$TOKEN" in line]
    assert passed_on.startswith('  echo "Authorization: Bearer $TOKEN" | curl ')
    assert "$TOKEN" not in passed_on.partition("|")[2]


def test_the_lines_use_methods_and_commands_that_exist(called: str) -> None:
    lines = next_steps(TOPOLOGY, DEFAULT_DATA.absolute()).replace("\\\n", " ").replace(" && ", "\n").splitlines()
    commands = [shlex.split(line, comments=True)[1:] for line in lines if line.strip().startswith(called)]
    assert all(run([*command[:2], "--help"], environ={}) == 0 for command in commands)
    assert all(find_method(command[2]) for command in commands if command[0] == "rpc")
