"""What a new variable must not forget: each place that is missing is named here."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from control_silo.config import ControlConfig
from region_silo.config import RegionConfig, RegionDatabaseConfig
from shared.errors import ConfigInvalid

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\b(?:CONTROL|REGION|SILO)_[A-Z]+(?:_[A-Z]+)*\b")
OF_THE_COMMAND_LINE = {"SILO_DATA", "SILO_TOKEN", "SILO_SESSION"}
OF_COMPOSE_ALONE = {"SILO_IMAGE", "SILO_DATABASE_PASSWORD", "CONTROL_HTTP_PORT", "CONTROL_GRPC_PORT"}
LEFT_AT_ITS_DEFAULT = {
    # TLS between silos is for those that do not share a network of their own.
    *("SILO_TLS_CA", "SILO_TLS_CERT", "SILO_TLS_KEY"),
    *("SILO_DISABLED_ENFORCEMENT", "SILO_REQUESTS_PER_SECOND"),
}
"""What docker-compose.yml does not set."""


class Noting(dict[str, str]):
    """An environment that notes what is looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(key)
        return default


def read() -> Iterator[str]:
    """Every variable that a silo reads."""
    for config in (ControlConfig, RegionConfig, RegionDatabaseConfig):
        environment = Noting()
        with pytest.raises(ConfigInvalid):
            config.from_environment(environment)
        yield from environment.names


VARIABLES = set(read())
DOCUMENTED = set(VARIABLE.findall((ROOT / "README.md").read_text("utf-8")))
COMPOSED = set(VARIABLE.findall((ROOT / "docker-compose.yml").read_text("utf-8")))


def test_every_variable_stands_in_the_readme() -> None:
    assert set() == VARIABLES - DOCUMENTED


def test_the_readme_names_no_variable_that_nothing_reads() -> None:
    assert set() == DOCUMENTED - VARIABLES - OF_THE_COMMAND_LINE


def test_the_topology_sets_every_variable_or_leaves_it_at_its_default_on_purpose() -> None:
    assert VARIABLES - COMPOSED == LEFT_AT_ITS_DEFAULT


def test_the_topology_sets_no_variable_that_nothing_reads() -> None:
    assert set() == COMPOSED - VARIABLES - OF_COMPOSE_ALONE


REQUIRED = {"SILO_RPC_KEYS": "main:" + "k" * 32, "REGION_NAME": "us"}


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
        config.from_environment({**REQUIRED, name: "hunter2"})
    assert refused.value.message == sentence


@pytest.mark.parametrize("config", [ControlConfig, RegionConfig])
def test_no_silo_refuses_a_variable_that_is_documented_or_composed(config: type[ControlConfig | RegionConfig]) -> None:
    empty = dict.fromkeys(DOCUMENTED | COMPOSED, "")
    config.from_environment({**empty, **REQUIRED})


@pytest.mark.parametrize("config", [ControlConfig, RegionConfig])
def test_a_variable_without_our_prefixes_is_nobodys_matter(config: type[ControlConfig | RegionConfig]) -> None:
    config.from_environment({**REQUIRED, "PATH": "/bin", "SILOS": "1", "silo_x": "1"})
