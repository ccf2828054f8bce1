"""Snapshots are whole, private and of one moment; and nothing is replaced under a platform that runs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shared.cli.local.data_directory import DataDirectory
from shared.cli.main import DONE, SAID_NO, WRONG_USE, run
from shared.database.file_copy import copy_at_one_moment


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """What a platform that was stopped leaves."""
    data = tmp_path / "data"
    data.mkdir()
    for name in ("control", "region-us"):
        write(data / f"{name}.db", "CREATE TABLE note (text TEXT)")
    (data / "topology.json").write_text('{"of": "then"}')
    (data / "keys.json").write_text("{}")
    return data


def write(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def notes(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM note")]


def silo(data: Path, *arguments: str) -> int:
    return run([*arguments, "--data", str(data)], environ={})


def test_a_platform_goes_back_to_what_was_kept(data: Path) -> None:
    assert silo(data, "snapshot", "save", "empty") == DONE
    write(data / "region-us.db", "INSERT INTO note VALUES ('later')")
    (data / "topology.json").write_text('{"of": "now"}')
    assert silo(data, "snapshot", "load", "empty", "--yes") == DONE
    assert notes(data / "region-us.db") == []
    assert (data / "topology.json").read_text() == '{"of": "then"}'


def test_what_is_kept_is_its_owners_alone(data: Path) -> None:
    silo(data, "snapshot", "save", "mine")
    kept = data / "snapshots" / "mine"
    assert kept.stat().st_mode & 0o077 == 0
    assert all(kept.joinpath(name).stat().st_mode & 0o077 == 0 for name in ("control.db", "region-us.db"))


def test_all_silos_are_kept_as_they_were_at_one_moment(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    target.mkdir()

    def paths() -> Iterator[Path]:
        """Something is written to each database as soon as the last reader has begun."""
        yield from DataDirectory(data).databases().values()
        for path in DataDirectory(data).databases().values():
            write(path, "INSERT INTO note VALUES ('after')")

    copy_at_one_moment(paths(), into=target)
    assert [notes(data / "control.db"), notes(data / "region-us.db")] == [["after"], ["after"]]
    assert [notes(target / "control.db"), notes(target / "region-us.db")] == [[], []]


@pytest.mark.parametrize("name", ["../elsewhere", ".hidden", "", "a/b", "x" * 65])
def test_a_name_that_leads_elsewhere_is_refused(data: Path, name: str) -> None:
    assert silo(data, "snapshot", "save", name) == WRONG_USE


def test_a_snapshot_is_never_replaced_and_one_that_is_not_there_is_said(data: Path) -> None:
    assert silo(data, "snapshot", "save", "one") == DONE
    assert silo(data, "snapshot", "save", "one") == SAID_NO
    assert silo(data, "snapshot", "load", "two", "--yes") == SAID_NO


@pytest.mark.parametrize("command", [("snapshot", "load", "one"), ("reset",)])
def test_nothing_is_replaced_unasked_or_under_a_platform_that_runs(data: Path, command: tuple[str, ...]) -> None:
    silo(data, "snapshot", "save", "one")
    before = {path: path.read_bytes() for path in data.glob("*.json")}
    assert silo(data, *command) == WRONG_USE
    assert silo(data, *command, "--dry-run") == DONE
    directory = DataDirectory(data)
    directory.prepare()
    with directory.lock():
        assert silo(data, *command, "--yes") == WRONG_USE
    assert before == {path: path.read_bytes() for path in data.glob("*.json")}


def test_after_a_reset_nothing_is_left_but_snapshots(data: Path) -> None:
    silo(data, "snapshot", "save", "one")
    assert silo(data, "reset", "--yes") == DONE
    assert not list(data.glob("*.db*")) + list(data.glob("*.json"))
    assert (data / "snapshots" / "one" / "control.db").exists()
