from collections.abc import Mapping
from pathlib import Path

import pytest

from shared.cli.local.addresses import Address
from shared.cli.local.data_directory import DataDirectory
from shared.cli.local.silo_process import SiloSpec, failure_of, make_specs
from shared.cli.platform_keys import PlatformKeys
from shared.errors import ConfigInvalid, Internal

KEYS = PlatformKeys().completed(["us"], shares_operator=True)
ADDRESSES = {"control": Address(8000, 50051), "us": Address(8001, 50061)}


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    directory = DataDirectory(tmp_path)
    directory.prepare()
    return directory


def specs(directory: DataDirectory, environ: Mapping[str, str]) -> dict[str, SiloSpec]:
    return make_specs(directory, ADDRESSES, keys=KEYS, environ=environ)


def test_control_is_told_where_to_listen_and_what_to_open(directory: DataDirectory) -> None:
    control = specs(directory, {})["control"]
    assert control.module == "control_silo"
    assert control.environment["CONTROL_DATABASE_URL"] == f"sqlite:///{directory.path}/control.db"
    assert control.environment["CONTROL_GRPC_LISTEN"] == "127.0.0.1:50051"
    assert control.environment["CONTROL_HTTP_LISTEN"] == "127.0.0.1:8000"


def test_a_region_is_told_its_name_and_where_control_is(directory: DataDirectory) -> None:
    region = specs(directory, {})["us"]
    assert region.module == "region_silo"
    assert region.environment["REGION_NAME"] == "us"
    assert region.environment["REGION_DATABASE_URL"] == f"sqlite:///{directory.path}/region-us.db"
    assert region.environment["REGION_CONTROL_TARGET"] == "127.0.0.1:50051"
    assert region.environment["REGION_CONTROL_HTTP"] == "127.0.0.1:8000"


@pytest.mark.parametrize("silo", ["control", "us"])
def test_silos_are_told_their_own_keys_and_may_call_private_addresses(directory: DataDirectory, silo: str) -> None:
    environment = specs(directory, {})[silo].environment
    assert {**environment, **KEYS.variables(silo)} == environment
    assert environment["SILO_WEBHOOK_ALLOW_PRIVATE"] == "1"


def test_what_the_shell_was_set_up_for_does_not_leak_in(directory: DataDirectory) -> None:
    names = ("REGION_ADVERTISED_GRPC", "SILO_TLS_CA", "CONTROL_GRPC_LISTEN", "SILO_TOKEN", "SILO_DATA", "SILO_SESSION")
    environment = specs(directory, {**dict.fromkeys(names, "x:1"), "PATH": "/bin"})["us"].environment
    assert set(names).isdisjoint(environment)
    assert environment["PATH"] == "/bin"


def test_no_secret_shows_when_a_spec_is_printed(directory: DataDirectory) -> None:
    assert KEYS.links["us"] not in repr(specs(directory, {})["us"])


def test_a_failed_start_is_explained_by_the_last_line_of_the_log(directory: DataDirectory) -> None:
    region = specs(directory, {})["us"]
    region.log.write_text("applied 0001\nThe address is in use.\n\n")
    assert isinstance(failure_of(region, 2), ConfigInvalid)
    assert failure_of(region, 2).message == f"us did not start: The address is in use. (log: {region.log})"


def test_a_silent_failure_is_explained_by_its_code(directory: DataDirectory) -> None:
    error = failure_of(specs(directory, {})["us"], 1)
    assert isinstance(error, Internal)
    assert "it ended with code 1" in error.message
