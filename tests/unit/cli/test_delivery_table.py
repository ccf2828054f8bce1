"""The list of deliveries in a terminal of 80 columns, and the help of flags."""

from typing import Any

import pytest

from shared.cli.deliveries import COLUMNS, row_of
from shared.cli.main import run
from shared.cli.tables import print_table
from shared.domain.event import AppEvent


def _delivery(event: str) -> dict[str, Any]:
    at = "2030-01-01T12:00:00.123Z"
    return {
        "id": "us.1234",
        "event": event,
        "status": "delivered",
        "attemptCount": 1,
        "attempts": [],
        "dateCreated": at,
        "nextAttemptAt": at,
    }


@pytest.mark.parametrize("event", AppEvent, ids=str)
def test_no_word_of_an_events_name_is_broken(event: AppEvent, capsys: pytest.CaptureFixture[str]) -> None:
    print_table(COLUMNS, [row_of(_delivery(event.value))], whole={"event"})
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    shown = {word.strip("._") for word in printed.replace("_", " ").replace(".", " ").split()}
    assert set(event.value.replace("_", " ").replace(".", " ").split()) <= shown
    assert {"2030-01-01", "12:00:00Z", "delivered"} <= set(printed.split())


@pytest.mark.parametrize("command", [["org", "create"], ["deliveries", "list"], ["verify"], ["up"]])
def test_a_flag_is_not_said_to_take_a_value(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run([*command, "--help"], environ={})
    shown = capsys.readouterr().out
    assert "--help" in shown
    assert "<bool>" not in shown
