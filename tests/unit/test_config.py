from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, SecretStr

from control_silo.config import ControlConfig, ControlDatabaseConfig
from region_silo.config import RegionConfig, RegionDatabaseConfig
from shared.config.forms import Flag, HostAndPort, Keys, Origin, Positive
from shared.config.settings import Settings
from shared.config.silo import TlsSettings
from shared.errors import ConfigInvalid
from shared.outgoing.reach import PUBLIC, Reach

CONTROL = {"SILO_RPC_KEYS": "us/us-1:" + "k" * 32, "SILO_SEAL_KEY": "5e" * 32}
REGION = {"SILO_RPC_KEYS": "control/us-1:" + "k" * 32, "REGION_NAME": "us"}


class Some(Settings):
    """One variable of each form, and one that is required."""

    name: str = Field(validation_alias="NAME")
    text: str = Field(default="default", validation_alias="TEXT")
    listen: HostAndPort = Field(default="unused:1", validation_alias="LISTEN")
    flag: Flag = Field(default=False, validation_alias="FLAG")
    keys: Keys | None = Field(default=None, validation_alias="KEYS")
    number: Positive = Field(default=5, validation_alias="NUMBER")
    url: Origin | None = Field(default=None, validation_alias="URL")


def some(**variables: str) -> Some:
    return Some.from_environment({"NAME": "some", **variables})


def problem(settings: type[Settings], variables: Mapping[str, str]) -> str:
    with pytest.raises(ConfigInvalid) as refused:
        settings.from_environment(variables)
    return refused.value.message


def problem_of(**variables: str) -> str:
    return problem(Some, {"NAME": "some", **variables})


@pytest.mark.parametrize("variables", [{}, {"TEXT": ""}])
def test_a_variable_that_is_unset_or_empty_has_its_default(variables: dict[str, str]) -> None:
    assert some(**variables).text == "default"


def test_a_configuration_reads_nothing_but_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXT", "of this process")
    assert (some().text, Some(name="some").text) == ("default", "default")


def test_a_required_variable_that_is_empty_is_a_problem() -> None:
    assert problem_of(NAME="") == "NAME is required."


@pytest.mark.parametrize("value", ["127.0.0.1:0", "localhost:65535", "[::1]:50051", "control.example.com:443"])
def test_an_address_is_host_and_port(value: str) -> None:
    assert some(LISTEN=value).listen == value


@pytest.mark.parametrize(
    "value",
    ["localhost", ":80", "localhost:", "localhost:65536", "::1:80", "a b:80", "http://a:1", "a\0:1", f"{'a' * 254}:1"],
)
def test_anything_else_is_no_address(value: str) -> None:
    assert problem_of(LISTEN=value) == f"LISTEN must be host:port, not {value!r}."


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("ON", True), ("yes", True), ("", False), ("off", False)])
def test_a_flag_is_on_or_off(value: str, *, expected: bool) -> None:
    assert some(FLAG=value).flag is expected


def test_a_flag_that_is_neither_is_a_problem() -> None:
    assert problem_of(FLAG="maybe") == "FLAG must be on or off, not 'maybe'."


@pytest.mark.parametrize("name", ["u", "us", "eu-west-1", "a" * 32])
def test_a_region_is_named_in_lower_case_letters_digits_and_inner_hyphens(name: str) -> None:
    assert RegionDatabaseConfig.from_environment({"REGION_NAME": name}).name == name


@pytest.mark.parametrize("name", ["US", "1us", "us-", "-us", "u_s", "a" * 33, "us\n", "control"])
def test_no_other_name_is_a_regions_and_least_of_all_controls(name: str) -> None:
    expected = f"REGION_NAME must be lower-case letters, digits and hyphens, and not 'control': {name!r}."
    assert problem(RegionDatabaseConfig, {"REGION_NAME": name}) == expected


def test_every_problem_is_reported_at_once() -> None:
    assert problem_of(NAME="", FLAG="maybe") == "NAME is required. FLAG must be on or off, not 'maybe'."


def test_what_follows_from_a_wrong_value_is_no_problem_of_its_own() -> None:
    variables = {**REGION, "REGION_NAME": "US", "REGION_GRPC_LISTEN": "nowhere"}
    assert problem(RegionConfig, variables).count("must be") == 2


def test_a_malformed_keyring_is_a_problem_that_shows_no_secret() -> None:
    assert "hunter2" not in problem_of(KEYS="not an id:hunter2")


def test_a_silo_without_a_key_of_the_one_that_it_must_call_is_told_so() -> None:
    expected = "SILO_RPC_KEYS has no key of control: an entry control/id:secret is needed."
    assert problem(RegionConfig, {**REGION, "SILO_RPC_KEYS": "us/a:secret"}) == expected


@pytest.mark.parametrize(("config", "given"), [(ControlConfig, CONTROL), (RegionConfig, REGION)])
def test_a_missing_keyring_is_one_problem_not_two(config: type[Settings], given: dict[str, str]) -> None:
    assert problem(config, {**given, "SILO_RPC_KEYS": ""}) == "SILO_RPC_KEYS is required."


@pytest.mark.parametrize("value", ["hunter2", "5e" * 31, "zz" * 32])
def test_a_key_that_seals_is_32_bytes_and_never_shown(value: str) -> None:
    assert problem(ControlConfig, {**CONTROL, "SILO_SEAL_KEY": value}) == (
        "SILO_SEAL_KEY must be 32 bytes as 64 hex digits."
    )


def test_control_seals_and_a_region_may() -> None:
    assert problem(ControlConfig, {**CONTROL, "SILO_SEAL_KEY": ""}) == "SILO_SEAL_KEY is required."
    assert RegionConfig.from_environment(REGION).seal_key is None


@pytest.mark.parametrize(
    ("config", "secrets"),
    [
        (ControlConfig, {**CONTROL, "CONTROL_DATABASE_URL": "postgresql://me:hunter2@db/x"}),
        (ControlConfig, {**CONTROL, "SILO_MAIL_URL": "smtps://me:hunter2@mail.example"}),
        (RegionConfig, {**REGION, "SILO_SEAL_KEY": "5e" * 32, "REGION_DATABASE_URL": "postgresql://me:hunter2@db/x"}),
    ],
)
def test_a_configuration_that_is_printed_shows_no_secret(config: type[Settings], secrets: dict[str, str]) -> None:
    printed = repr(config.from_environment(secrets))
    assert [text for text in ("hunter2", "k" * 32, "5e" * 32) if text in printed] == []


def test_a_value_that_is_wrong_in_code_shows_no_secret_either() -> None:
    with pytest.raises(ValueError, match="seal_key") as refused:
        ControlConfig.model_validate({"keys": None, "seal_key": SecretStr("hunter2")})
    assert "hunter2" not in str(refused.value)


def test_tls_is_off_when_none_of_its_files_is_named() -> None:
    assert TlsSettings.from_environment({"SILO_TLS_CA": ""}).tls is None


def test_tls_takes_all_three_files_or_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    variables = {"SILO_TLS_CA": str(tmp_path / "ca.pem"), "SILO_TLS_CERT": "/nowhere/cert.pem"}
    assert problem(TlsSettings, variables) == (
        "SILO_TLS_CERT: there is no file /nowhere/cert.pem. SILO_TLS_KEY is required when TLS is on."
    )


def test_a_positive_number_is_read() -> None:
    assert (some(NUMBER="12").number, some().number) == (12, 5)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "1000000000", "１"])
def test_what_is_no_positive_number_is_a_problem(value: str) -> None:
    assert problem_of(NUMBER=value) == f"NUMBER must be a whole number from 1 to 999999999, not {value!r}."


def test_calls_to_apps_reach_the_public_internet_and_what_an_operator_names() -> None:
    assert RegionConfig.from_environment(REGION).reach == PUBLIC
    named = {"SILO_WEBHOOK_ALLOW_PRIVATE": "on", "SILO_WEBHOOK_ALLOWED_NETWORKS": "10.1.0.0/16, fd00:1::/32"}
    expected = Reach.parse(["10.1.0.0/16", "fd00:1::/32"], allow_private=True)
    assert RegionConfig.from_environment({**REGION, **named}).reach == expected


def test_a_network_that_is_none_is_a_problem() -> None:
    variables = {**REGION, "SILO_WEBHOOK_ALLOWED_NETWORKS": "10.1.0.0/16,everything"}
    assert problem(RegionConfig, variables) == "Not a network, such as 10.0.0.0/8: 'everything'."


@pytest.mark.parametrize(
    "value", ["https://silo.example", "http://127.0.0.1:8000", "https://[::1]:8443", "https://a-b_c/"]
)
def test_a_public_address_is_a_url_without_a_path(value: str) -> None:
    assert some(URL=value).url == value.rstrip("/")


@pytest.mark.parametrize(
    "value",
    [
        *("silo.example", "ftp://silo.example", "https://", "https://a/b", "https://a?b", "https://me:secret@a"),
        *("https://a:x", "https://a:65536", "https://é.example", "https://a b", "https://a\r\nb", "https://a\n"),
        "https://[::1",
    ],
)
def test_anything_else_is_no_public_address(value: str) -> None:
    assert problem_of(URL=value).startswith("URL must be a URL without a path")


@pytest.mark.parametrize("value", ["https://[::1", "http://a:99999", "http://a:0", "https://?", "nowhere"])
def test_what_nothing_can_be_sent_to_is_no_address_of_http(value: str) -> None:
    expected = f"REGION_CONTROL_HTTP must be host:port or a URL, not {value!r}."
    assert problem(RegionConfig, {**REGION, "REGION_CONTROL_HTTP": value}) == expected


@pytest.mark.parametrize("config", [ControlConfig, ControlDatabaseConfig, RegionConfig, RegionDatabaseConfig])
def test_every_variable_says_what_it_means(config: type[Settings]) -> None:
    fields: dict[str, Any] = config.variables()
    assert [name for name, field in fields.items() if not field.description] == []
