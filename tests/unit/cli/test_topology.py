import json
from dataclasses import replace
from pathlib import Path

import pytest

from shared.cli.topology import (
    FILE_NAME,
    Organization,
    Silo,
    Topology,
    User,
    find_topology,
    read_topology,
    write_topology,
)
from shared.errors import ConfigInvalid

USER = User(
    id=1, email="owner@acme.example", token="secret-token", session="secret-session", password="secret-password"
)
TOPOLOGY = Topology(
    control=Silo("http://127.0.0.1:8000", "127.0.0.1:50051", 11),
    regions={"us": Silo("http://127.0.0.1:8001", "127.0.0.1:50061", 12)},
    organization=Organization(1, "acme", "us"),
    users={"owner": USER, "superuser": replace(USER, id=2)},
    rpc_keys="operator:cli/local:secret-key",
)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    write_topology(tmp_path, TOPOLOGY)
    assert read_topology(tmp_path) == TOPOLOGY


def test_the_file_has_the_form_that_scripts_count_on(tmp_path: Path) -> None:
    write_topology(tmp_path, TOPOLOGY)
    found = json.loads((tmp_path / FILE_NAME).read_text())
    assert found["regions"] == {"us": {"http": "http://127.0.0.1:8001", "grpc": "127.0.0.1:50061", "pid": 12}}
    assert set(found) == {"control", "regions", "organization", "users", "rpc_keys"}
    assert set(found["users"]["owner"]) == {"id", "email", "token", "session", "password"}


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("{}")
    write_topology(tmp_path, TOPOLOGY)
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_writing_leaves_nothing_but_the_file(tmp_path: Path) -> None:
    write_topology(tmp_path, TOPOLOGY)
    write_topology(tmp_path, TOPOLOGY)
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_directory_without_the_file_has_no_topology(tmp_path: Path) -> None:
    assert find_topology(tmp_path / "nowhere") is None
    with pytest.raises(ConfigInvalid, match="silo up --data"):
        read_topology(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", '{"control": 1}', '{"control": {"http": 1}}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(ConfigInvalid, match="is damaged"):
        read_topology(tmp_path)


def test_no_secret_shows_when_a_topology_is_printed() -> None:
    assert "secret" not in repr(TOPOLOGY)
