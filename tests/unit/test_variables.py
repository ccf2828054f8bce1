"""What a new variable must not forget: each place that is missing is named here."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from control_silo.config import ControlConfig
from region_silo.config import RegionConfig, RegionDatabaseConfig
from shared.cli.init import write_env_files
from shared.cli.local.addresses import Address
from shared.cli.local.data_directory import DataDirectory
from shared.cli.local.silo_process import make_specs
from shared.cli.platform_keys import PlatformKeys
from shared.config.silo import SiloSettings
from shared.errors import ConfigInvalid

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\b(?:CONTROL|REGION|SILO)_[A-Z]+(?:_[A-Z]+)*\b")
OF_THE_COMMAND_LINE = {"SILO_DATA", "SILO_TOKEN", "SILO_SESSION"}
OF_COMPOSE_ALONE = {"SILO_IMAGE", "SILO_ENV", "CONTROL_HTTP_PORT", "CONTROL_GRPC_PORT"}
LEFT_AT_ITS_DEFAULT = {
    # TLS between silos is for those that do not share a network of their own.
    *("SILO_TLS_CA", "SILO_TLS_CERT", "SILO_TLS_KEY"),
    # There is no pooler before its databases.
    *("CONTROL_LISTEN_DATABASE_URL", "REGION_LISTEN_DATABASE_URL"),
    *("SILO_DISABLED_ENFORCEMENT", "SILO_REFLECTION", "SILO_REQUESTS_PER_SECOND", "SILO_COMPARE_SECONDS"),
    # What one organization may take.
    *("CONTROL_MAX_APPS_PER_ORGANIZATION", "CONTROL_MAX_INSTALLATIONS_PER_ORGANIZATION", "REGION_EVENTS_PER_MINUTE"),
    *(f"REGION_MAX_{what}_PER_ORGANIZATION" for what in ("PROJECTS", "RULES", "HOOKS")),
}
"""What docker-compose.yml does not set."""

TOPOLOGY: Mapping[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
CONFIGS: Mapping[str, type[SiloSettings]] = {"control_silo": ControlConfig, "region_silo": RegionConfig}
SILOS = {
    name: config
    for name, service in TOPOLOGY.items()
    for module, config in CONFIGS.items()
    if module in service.get("command", ())
}
"""The configuration that each service of docker-compose.yml reads."""

VARIABLES = {name for config in (ControlConfig, RegionConfig, RegionDatabaseConfig) for name in config.variables()}
DOCUMENTED = set(VARIABLE.findall((ROOT / "README.md").read_text("utf-8")))
COMPOSED = set(VARIABLE.findall((ROOT / "docker-compose.yml").read_text("utf-8")))
REQUIRED = {
    ControlConfig: {"SILO_RPC_KEYS": "us/us-1:" + "k" * 32, "SILO_SEAL_KEY": "5e" * 32},
    RegionConfig: {"SILO_RPC_KEYS": "control/us-1:" + "k" * 32, "REGION_NAME": "us"},
}


@pytest.fixture
def given(tmp_path: Path) -> Mapping[str, set[str]]:
    """What the topology sets, by service, in its own file and in those that hold the secrets."""
    write_env_files(tmp_path, ["us", "de"])

    def variables(service: Mapping[str, Any]) -> set[str]:
        texts = [(tmp_path / Path(name).name).read_text() for name in service["env_file"]]
        return set(service["environment"]).union(*(re.findall(r"^(\w+)=", text, re.MULTILINE) for text in texts))

    return {name: variables(TOPOLOGY[name]) for name in SILOS}


def test_every_variable_stands_in_the_readme() -> None:
    assert set() == VARIABLES - DOCUMENTED


def test_the_readme_names_no_variable_that_nothing_reads() -> None:
    assert set() == DOCUMENTED - VARIABLES - OF_THE_COMMAND_LINE


def test_the_topology_runs_every_process_of_both_silos_and_two_regions() -> None:
    assert set(SILOS) == {"control", "control-migrate", "control-worker", "us", "us-migrate", "de", "de-migrate"}


@pytest.mark.parametrize("service", SILOS)
def test_every_silo_of_the_topology_is_given_what_it_reads_or_is_left_at_its_default_on_purpose(
    given: Mapping[str, set[str]], service: str
) -> None:
    read = set(SILOS[service].variables())
    assert read - given[service] == LEFT_AT_ITS_DEFAULT & read


def test_nothing_is_left_at_its_default_that_nobody_reads() -> None:
    assert set() == LEFT_AT_ITS_DEFAULT - VARIABLES


@pytest.mark.parametrize("service", SILOS)
def test_no_silo_of_the_topology_is_given_what_it_does_not_read(given: Mapping[str, set[str]], service: str) -> None:
    assert set() == given[service] - set(SILOS[service].variables())


def test_the_topology_names_no_variable_that_nothing_reads() -> None:
    assert set() == COMPOSED - VARIABLES - OF_COMPOSE_ALONE


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
    config: type[ControlConfig | RegionConfig],
) -> None:
    empty = dict.fromkeys(DOCUMENTED | COMPOSED, "")
    read = config.from_environment({**empty, **REQUIRED[config]})
    assert values(read) == values(config.from_environment(REQUIRED[config]))


@pytest.mark.parametrize("config", [ControlConfig, RegionConfig])
def test_a_variable_without_our_prefixes_is_nobodys_matter(config: type[ControlConfig | RegionConfig]) -> None:
    others = {"PATH": "/bin", "SILOS": "1", "silo_x": "1"}
    read = config.from_environment(REQUIRED[config] | others)
    assert values(read) == values(config.from_environment(REQUIRED[config]))


def test_each_silo_takes_what_the_command_line_gives_it(tmp_path: Path) -> None:
    addresses = {"control": Address(8000, 50051), "us": Address(8001, 50061)}
    keys = PlatformKeys().completed(["us"], shares_operator=True)
    specs = make_specs(DataDirectory(tmp_path), addresses, keys=keys, environ={})
    control = ControlConfig.from_environment(specs["control"].environment)
    us = RegionConfig.from_environment(specs["us"].environment)
    assert [each.grpc_listen for each in (control, us)] == ["127.0.0.1:50051", "127.0.0.1:50061"]
    assert us.control_target == control.grpc_listen


def values(config: SiloSettings) -> dict[str, str]:
    """By field, as they are printed; what sends mails prints as itself alone."""
    return {name: repr(value) for name, value in config if name != "mailer"}
