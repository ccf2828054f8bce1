import re
import stat
from pathlib import Path

import pytest

from shared.cli.init import write_env_files
from shared.cli.main import run
from shared.rpc.keyring import Keyring


def read(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def test_each_silo_is_given_its_own_keys_and_its_own_database_and_nothing_else(tmp_path: Path) -> None:
    write_env_files(tmp_path, ["us", "de"])
    us, database = read(tmp_path / "us.env"), read(tmp_path / "us-db.env")
    assert set(us) == {"SILO_RPC_KEYS", "SILO_SEAL_KEY", "REGION_DATABASE_URL"}
    assert us["REGION_DATABASE_URL"] == f"postgresql://silo:{database['POSTGRES_PASSWORD']}@us-db:5432/silo"
    assert Keyring.parse(us["SILO_RPC_KEYS"]).peers == {"control", "operator:cli"}


def test_no_two_files_of_silos_share_a_secret_but_control_and_each_region(tmp_path: Path) -> None:
    write_env_files(tmp_path, ["us", "de"])
    files = {silo: (tmp_path / f"{silo}.env").read_text() for silo in ("control", "us", "de")}
    secrets = {silo: set(re.findall(r"[0-9a-f]{64}", text)) for silo, text in files.items()}
    assert len(secrets["us"]) == 4  # with control, with the operator, to seal with, of the database
    assert not secrets["us"] & secrets["de"]
    link = Keyring.parse(read(tmp_path / "control.env")["SILO_RPC_KEYS"]).signing("us")
    assert secrets["us"] & secrets["control"] == {link.secret.decode()}


def test_what_is_there_stays_and_a_region_is_added(tmp_path: Path) -> None:
    write_env_files(tmp_path, ["us"])
    before = (tmp_path / "us.env").read_text()
    names = [path.name for path in write_env_files(tmp_path, ["us", "jp"])]
    assert (tmp_path / "us.env").read_text() == before
    assert names == ["operator-keys.json", "operator.env", "jp-db.env", "jp.env"]
    assert write_env_files(tmp_path, ["us", "jp"]) == []


def test_nobody_else_can_read_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "env")], environ={}) == 0
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "env").iterdir()}
    assert modes == {0o600}
