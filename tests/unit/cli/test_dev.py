"""What ``silo dev`` says of an app's answer, and what it writes down for the app."""

from pathlib import Path
from typing import Any

import pytest

from shared.cli.dev.diagnosis import explain
from shared.cli.dev.environment_file import read_variable, write_variables
from shared.errors import ConfigInvalid

URL = "http://localhost:3000/webhook"


def attempt(status: int, *, ms: int = 3, body: str = "", error: str | None = None) -> dict[str, Any]:
    headers = {"Sentry-Hook-Signature": "ab" * 32, "Sentry-App-Signature": "cd" * 32}
    response = {"headers": {}, "body": body} if status else None
    return {
        "responseCode": status,
        "durationMs": ms,
        "error": error,
        "response": response,
        "request": {"headers": headers},
    }


@pytest.mark.parametrize(
    ("answered", "sentence"),
    [
        (attempt(0, error="The app cannot be reached."), f"Nothing listens at {URL}"),
        (attempt(0, error="The app did not answer in time."), "Later than 1000 ms"),
        (attempt(204, ms=1500), "Later than 1000 ms"),
        (attempt(401), "Signed were the 3 bytes"),
        (attempt(401), "Sentry-Hook-Signature abababab…"),
        (attempt(404), f"nothing at {URL}"),
        (attempt(302), "redirects"),
        (attempt(400, body='{"message": "no such board"}'), "no such board"),
        (attempt(500, body="<html><title>KeyError: 'issue'</title>"), "KeyError: 'issue'"),
        (attempt(500), "said nothing"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(answered: dict[str, Any], sentence: str) -> None:
    # Bytes and not characters are what was signed.
    assert sentence in explain(answered, url=URL, body="aé")


def test_of_an_app_that_is_well_nothing_is_said() -> None:
    assert explain(attempt(204), url=URL, body="{}") == ""


def test_a_variable_is_set_and_every_other_line_stays(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# mine\nPORT=3000\nexport SENTRY_URL=old\n")
    assert write_variables(path, {"SENTRY_URL": "http://new", "SENTRY_CLIENT_ID": "a"})
    assert path.read_text() == "# mine\nPORT=3000\nSENTRY_URL=http://new\nSENTRY_CLIENT_ID=a\n"
    assert read_variable(path, "SENTRY_URL") == "http://new"
    assert not write_variables(path, {"SENTRY_CLIENT_ID": "a"})


def test_the_file_is_its_owners_alone_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_variables(tmp_path / ".env", {"SENTRY_CLIENT_SECRET": "s"})
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [".env"]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="cannot be written"):
        write_variables(tmp_path / "nowhere" / ".env", {"A": "b"})
