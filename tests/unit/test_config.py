from pathlib import Path

import pytest

from shared.config import Environment
from shared.errors import ConfigInvalid
from shared.outgoing.reach import PUBLIC, Reach


def problem(environment: Environment) -> str:
    with pytest.raises(ConfigInvalid) as refused:
        environment.finish()
    return refused.value.message


@pytest.mark.parametrize("variables", [{}, {"NAME": ""}])
def test_a_variable_that_is_unset_or_empty_has_its_default(variables: dict[str, str]) -> None:
    assert Environment(variables).text("NAME", "default") == "default"


def test_a_required_variable_that_is_empty_is_a_problem() -> None:
    environment = Environment({"NAME": ""})
    environment.required("NAME")
    assert problem(environment) == "NAME is required."


@pytest.mark.parametrize("value", ["127.0.0.1:0", "localhost:65535", "[::1]:50051", "control.example.com:443"])
def test_an_address_is_host_and_port(value: str) -> None:
    environment = Environment({"LISTEN": value})
    assert environment.address("LISTEN", "unused:1") == value
    environment.finish()


@pytest.mark.parametrize(
    "value",
    ["localhost", ":80", "localhost:", "localhost:65536", "::1:80", "a b:80", "http://a:1", "a\0:1", f"{'a' * 254}:1"],
)
def test_anything_else_is_no_address(value: str) -> None:
    environment = Environment({"LISTEN": value})
    environment.address("LISTEN", "unused:1")
    assert problem(environment) == f"LISTEN must be host:port, not {value!r}."


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("ON", True), ("yes", True), ("", False), ("off", False)])
def test_a_flag_is_on_or_off(value: str, *, expected: bool) -> None:
    assert Environment({"FLAG": value}).flag("FLAG") is expected


def test_a_flag_that_is_neither_is_a_problem() -> None:
    environment = Environment({"FLAG": "maybe"})
    environment.flag("FLAG")
    assert problem(environment) == "FLAG must be on or off, not 'maybe'."


@pytest.mark.parametrize("name", ["u", "us", "eu-west-1", "a" * 32])
def test_a_region_is_named_in_lower_case_letters_digits_and_inner_hyphens(name: str) -> None:
    environment = Environment({"REGION_NAME": name})
    assert environment.region_name("REGION_NAME") == name
    environment.finish()


@pytest.mark.parametrize("name", ["US", "1us", "us-", "-us", "u_s", "a" * 33, "us\n", "control"])
def test_no_other_name_is_a_regions_and_least_of_all_controls(name: str) -> None:
    environment = Environment({"REGION_NAME": name})
    environment.region_name("REGION_NAME")
    assert "REGION_NAME must be" in problem(environment)


def test_every_problem_is_reported_at_once() -> None:
    environment = Environment({"FLAG": "maybe"})
    environment.required("NAME")
    environment.flag("FLAG")
    assert problem(environment) == "NAME is required. FLAG must be on or off, not 'maybe'."


def test_a_malformed_keyring_is_a_problem_that_shows_no_secret() -> None:
    environment = Environment({"KEYS": "not an id:hunter2"})
    environment.keys("KEYS")
    assert "hunter2" not in problem(environment)


def test_a_silo_without_a_key_of_the_one_that_it_must_call_is_told_so() -> None:
    environment = Environment({"KEYS": "us/a:secret"})
    environment.keys("KEYS", of="control")
    assert problem(environment) == "KEYS has no key of control: an entry control/id:secret is needed."


def test_a_missing_keyring_is_one_problem_not_two() -> None:
    environment = Environment({})
    environment.keys("KEYS")
    assert problem(environment) == "KEYS is required."


def test_tls_is_off_when_none_of_its_files_is_named() -> None:
    assert Environment({"SILO_TLS_CA": ""}).tls() is None


def test_tls_takes_all_three_files_or_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    environment = Environment({"SILO_TLS_CA": str(tmp_path / "ca.pem"), "SILO_TLS_CERT": "/nowhere/cert.pem"})
    environment.tls()
    assert problem(environment) == (
        "SILO_TLS_CERT: there is no file /nowhere/cert.pem. SILO_TLS_KEY is required when TLS is on."
    )


def test_a_positive_number_is_read() -> None:
    assert Environment({"NAME": "12"}).positive("NAME", 5) == 12
    assert Environment({}).positive("NAME", 5) == 5


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "1000000000", "１"])
def test_what_is_no_positive_number_is_a_problem(value: str) -> None:
    environment = Environment({"NAME": value})
    environment.positive("NAME", 5)
    assert problem(environment) == f"NAME must be a whole number from 1 to 999999999, not {value!r}."


def test_calls_to_apps_reach_the_public_internet_and_what_an_operator_names() -> None:
    assert Environment({}).reach() == PUBLIC
    named = {"SILO_WEBHOOK_ALLOW_PRIVATE": "on", "SILO_WEBHOOK_ALLOWED_NETWORKS": "10.1.0.0/16, fd00:1::/32"}
    assert Environment(named).reach() == Reach.parse(["10.1.0.0/16", "fd00:1::/32"], allow_private=True)


def test_a_network_that_is_none_is_a_problem() -> None:
    environment = Environment({"SILO_WEBHOOK_ALLOWED_NETWORKS": "10.1.0.0/16,everything"})
    environment.reach()
    assert problem(environment) == "Not a network, such as 10.0.0.0/8: 'everything'."


@pytest.mark.parametrize(
    "value", ["https://silo.example", "http://127.0.0.1:8000", "https://[::1]:8443", "https://a-b_c/"]
)
def test_a_public_address_is_a_url_without_a_path(value: str) -> None:
    environment = Environment({"URL": value})
    assert environment.optional_origin("URL") == value.rstrip("/")
    environment.finish()


@pytest.mark.parametrize(
    "value",
    [
        *("silo.example", "ftp://silo.example", "https://", "https://a/b", "https://a?b", "https://me:secret@a"),
        *("https://a:x", "https://a:65536", "https://é.example", "https://a b", "https://a\r\nb", "https://a\n"),
        "https://[::1",
    ],
)
def test_anything_else_is_no_public_address(value: str) -> None:
    environment = Environment({"URL": value})
    environment.optional_origin("URL")
    assert problem(environment).startswith("URL must be a URL without a path")
