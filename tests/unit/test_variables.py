"""What a new variable must not forget: each place that is missing is named here."""

import re
from pathlib import Path

import pytest

from control_silo.config import ControlConfig
from region_silo.config import RegionConfig, RegionDatabaseConfig
from shared.cli.init import write_env_files
from shared.cli.local.addresses import Address
from shared.cli.local.data_directory import DataDirectory
from shared.cli.local.platform_keys import PlatformKeys
from shared.cli.local.silo_process import make_specs
from shared.errors import ConfigInvalid

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\b(?:CONTROL|REGION|SILO)_[A-Z]+(?:_[A-Z]+)*\b")
OF_THE_COMMAND_LINE = {"SILO_DATA", "SILO_TOKEN", "SILO_SESSION"}
OF_COMPOSE_ALONE = {"SILO_IMAGE", "SILO_ENV", "CONTROL_HTTP_PORT", "CONTROL_GRPC_PORT"}
LEFT_AT_ITS_DEFAULT = {
    # TLS between silos is for those that do not share a network of their own.
    *("SILO_TLS_CA", "SILO_TLS_CERT", "SILO_TLS_KEY"),
    *("SILO_DISABLED_ENFORCEMENT", "SILO_REFLECTION", "SILO_REQUESTS_PER_SECOND"),
}
"""What docker-compose.yml does not set."""


VARIABLES = {name for config in (ControlConfig, RegionConfig, RegionDatabaseConfig) for name in config.variables()}
DOCUMENTED = set(VARIABLE.findall((ROOT / "README.md").read_text("utf-8")))
COMPOSED = set(VARIABLE.findall((ROOT / "docker-compose.yml").read_text("utf-8")))
REQUIRED = {
    ControlConfig: {"SILO_RPC_KEYS": "us/us-1:" + "k" * 32, "SILO_SEAL_KEY": "5e" * 32},
    RegionConfig: {"SILO_RPC_KEYS": "control/us-1:" + "k" * 32, "REGION_NAME": "us"},
}


@pytest.fixture
def composed(tmp_path: Path) -> set[str]:
    """What the topology sets, in its own file and in those that hold the secrets."""
    write_env_files(tmp_path, ["us"])
    texts = [(tmp_path / name).read_text() for name in ("control.env", "us.env")]
    return COMPOSED.union(*(re.findall(r"^(\w+)=", text, re.MULTILINE) for text in texts))


def test_every_variable_stands_in_the_readme() -> None:
    assert set() == VARIABLES - DOCUMENTED


def test_the_readme_names_no_variable_that_nothing_reads() -> None:
    assert set() == DOCUMENTED - VARIABLES - OF_THE_COMMAND_LINE


def test_the_topology_sets_every_variable_or_leaves_it_at_its_default_on_purpose(composed: set[str]) -> None:
    assert VARIABLES - composed == LEFT_AT_ITS_DEFAULT


def test_the_topology_sets_no_variable_that_nothing_reads(composed: set[str]) -> None:
    assert set() == composed - VARIABLES - OF_COMPOSE_ALONE


@pytest.mark.parametrize(
    ("config", "name", "sentence"),
    [
        (ControlConfig, "SILO_RPC_KEY", "SILO_RPC_KEY is not known; did you mean SILO_RPC_KEYS?"),
        (ControlConfig, "CONTROL_GRPC_LISTENS", "CONTROL_GRPC_LISTENS is not known; did you mean CONTROL_GRPC_LISTEN?"),
        (RegionConfig, "REGION_NAMES", "REGION_NAMES is not known; did you mean REGION_NAME?"),
        (RegionConfig, "SILO_XYZZY_XYZZY_XYZZY", "SILO_XYZZY_XYZZY_XYZZY is not known."),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_name_and_without_its_value(
    config: type[ControlConfig | RegionConfig], name: str, sentence: str
) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        config.from_environment({**REQUIRED[config], name: "hunter2"})
    assert refused.value.message == sentence


@pytest.mark.parametrize("config", [ControlConfig, RegionConfig])
def test_no_silo_refuses_a_variable_that_is_documented_or_composed(
    config: type[ControlConfig | RegionConfig], composed: set[str]
) -> None:
    empty = dict.fromkeys(DOCUMENTED | composed, "")
    config.from_environment({**empty, **REQUIRED[config]})


@pytest.mark.parametrize("config", [ControlConfig, RegionConfig])
def test_a_variable_without_our_prefixes_is_nobodys_matter(config: type[ControlConfig | RegionConfig]) -> None:
    config.from_environment({**REQUIRED[config], "PATH": "/bin", "SILOS": "1", "silo_x": "1"})


def test_each_silo_takes_what_the_command_line_gives_it(tmp_path: Path) -> None:
    addresses = {"control": Address(8000, 50051), "us": Address(8001, 50061)}
    keys = PlatformKeys().completed(["us"], shares_operator=True)
    specs = make_specs(DataDirectory(tmp_path), addresses, keys=keys, environ={})
    ControlConfig.from_environment(specs["control"].environment)
    RegionConfig.from_environment(specs["us"].environment)
