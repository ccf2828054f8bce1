import json
from pathlib import Path

import pytest

from shared.cli.local.data_directory import DataDirectory
from shared.errors import ConfigInvalid
from tests.unit.cli.test_topology import TOPOLOGY


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    directory = DataDirectory(tmp_path / "data")
    directory.prepare()
    return directory


def test_the_databases_have_their_default_names(directory: DataDirectory) -> None:
    assert directory.database_path("control").name == "control.db"
    assert directory.database_path("us").name == "region-us.db"


def test_the_directory_is_its_owners_alone(directory: DataDirectory) -> None:
    assert directory.path.stat().st_mode & 0o777 == 0o700


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigInvalid, match="file/data cannot be written"):
        DataDirectory(tmp_path / "file" / "data").prepare()


def test_one_process_at_a_time_holds_the_directory(directory: DataDirectory) -> None:
    with directory.lock(), pytest.raises(ConfigInvalid, match="already runs on"):
        directory.lock().__enter__()
    with directory.lock():
        pass


def test_an_interrupted_first_start_leaves_nothing_behind(directory: DataDirectory) -> None:
    directory.begin_first_start(["control", "us"])
    directory.database_path("control").touch()
    for journal in ("-wal", "-shm", "-journal"):
        directory.database_path("us").with_name(f"region-us.db{journal}").touch()
    directory.begin_first_start(["control", "us"])
    assert not list(directory.path.glob("*.db*"))


def test_databases_that_lost_their_secrets_are_not_touched(directory: DataDirectory) -> None:
    directory.database_path("us").touch()
    with pytest.raises(ConfigInvalid, match=r"region-us\.db is there, but topology\.json"):
        directory.begin_first_start(["control", "us"])
    assert directory.database_path("us").exists()


def test_a_complete_start_is_never_undone(directory: DataDirectory) -> None:
    directory.begin_first_start(["control"])
    directory.database_path("control").touch()
    directory.complete(TOPOLOGY)
    assert directory.find_topology() == TOPOLOGY
    with pytest.raises(ConfigInvalid):
        directory.begin_first_start(["control"])


def test_a_marker_cut_short_undoes_nothing(directory: DataDirectory) -> None:
    directory.begin_first_start(["control"])
    (directory.path / "first-start.json").write_text("")
    directory.database_path("us").write_text("of an earlier start")
    directory.begin_first_start(["control"])
    assert directory.database_path("us").exists()
    assert json.loads((directory.path / "first-start.json").read_text()) == ["control"]


def test_each_run_has_logs_of_its_own(directory: DataDirectory) -> None:
    directory.log_path("us").write_text("of the last run")
    directory.turn_logs(["us", "de"])
    assert not directory.log_path("us").exists()
    assert (directory.path / "logs" / "us.previous.log").read_text() == "of the last run"
