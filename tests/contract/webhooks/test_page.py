"""docs/webhooks.md shows what is sent, and its programs verify it."""

import shutil
import subprocess
import sys

import pytest

from shared.domain.event import AppEvent
from tests.contract.rest.stage import Stage
from tests.contract.webhooks.conftest import Received
from tests.contract.webhooks.page import PAGE, ROOT, TOLD, page, secret_of

PROGRAMS = {"python": (sys.executable, "verify_webhook.py"), "node": (shutil.which("node"), "verify_webhook.mjs")}


def test_the_page_shows_every_webhook_as_it_is_sent(stage: Stage, received: Received) -> None:
    assert page(stage, received) == PAGE.read_text("utf-8"), "run: python -m tests.contract.webhooks.page"


@pytest.mark.parametrize("event", TOLD, ids=str)
def test_an_app_is_told_by_the_name_of_the_event(received: Received, event: AppEvent) -> None:
    request = received[event]
    assert (request.headers["sentry-hook-resource"], request.json["action"]) == (event.resource, event.action)


def verified(program: str, received: Received, secret: str) -> list[int]:
    runner, file = PROGRAMS[program]
    if runner is None:
        pytest.skip("node is not installed here")
    codes = []
    for request in (received[AppEvent.ISSUE_CREATED], received[AppEvent.METRIC_ALERT_CRITICAL]):
        signatures = [request.headers[f"sentry-{name}-signature"] for name in ("hook", "app")]
        line = [runner, str(ROOT / "examples" / file), secret, *signatures]
        codes.append(subprocess.run(line, input=request.body, check=False, timeout=60).returncode)
    return codes


@pytest.mark.parametrize("program", ["python", "node"])
def test_the_programs_of_the_page_verify_what_is_sent(stage: Stage, received: Received, program: str) -> None:
    assert verified(program, received, secret_of(stage)) == [0, 0]
    assert verified(program, received, "0" * 64) == [1, 1]
