"""Somebody who can write a folder where an operator stands: what is called like our code there is not run."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from shared.cli.local.addresses import Address
from shared.cli.local.data_directory import DataDirectory
from shared.cli.local.silo_process import make_specs, migrate_all
from shared.cli.platform_keys import PlatformKeys

KEYS = PlatformKeys().completed(["us"], shares_operator=True)
ADDRESSES = {"control": Address(8000, 50051)}


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is there once code of the folder where the operator stands has run."""
    ran, folder = tmp_path / "ran", tmp_path / "hostile"
    for name in ("shared", "control_silo", "typer"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(f"open({str(ran)!r}, 'w')")
    monkeypatch.chdir(folder)
    return ran


@pytest.mark.parametrize("variables", [{}, {"PYTHONPATH": ""}, {"PYTHONPATH": f"{os.pathsep}/nowhere{os.pathsep}"}])
def test_no_silo_imports_what_lies_where_the_operator_stands(
    hostile: Path, tmp_path: Path, variables: Mapping[str, str]
) -> None:
    directory = DataDirectory(tmp_path / "data")
    directory.prepare()
    printed = migrate_all(make_specs(directory, ADDRESSES, keys=KEYS, environ=variables))
    assert "superuser" in printed
    assert not hostile.exists()
