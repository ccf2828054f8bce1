"""An app's owner hears of trouble and of its end, through real processes of which any may be killed in between."""

import email
from collections.abc import Iterator
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.silo_up import SiloUp, eventually, silo_up
from tests.integration.third_party import ThirdPartyApp, running_app

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PATIENCE = 60.0
HOOK = "/hook"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiloUp]:
    with silo_up(tmp_path_factory.mktemp("mails") / "data") as up:
        yield up


@pytest.fixture(scope="module")
def receiver() -> Iterator[ThirdPartyApp]:
    with running_app() as receiver:
        yield receiver


def subjects(up: SiloUp) -> list[str]:
    folder = Path(up.data) / "mail"
    found = [email.message_from_bytes(each.read_bytes(), policy=default) for each in folder.glob("*.eml")]
    return sorted(str(mail["Subject"]) for mail in found)


def health(up: SiloUp, *, user: str = "owner") -> Any:
    with up.api(user) as api:
        return api.get("/sentry-apps/kanban/").json().get("webhookHealth", {}).get("state")


GIVEN_UP, WELL = "Kanban: a webhook was given up", "Kanban: webhooks arrive again"


@pytest.fixture(scope="module")
def given_up(up: SiloUp, receiver: ThirdPartyApp) -> None:
    """Control's webhook of the installation was refused for good, and control was killed before anybody was told."""
    receiver.answers(HOOK, status=410)
    body = {"name": "Kanban", "organization": "acme", "author": "Acme", "verifyInstall": False}
    body |= {"scopes": ["event:read"], "events": ["issue"], "webhookUrl": f"{receiver.url}{HOOK}"}
    with up.api("owner") as api:
        assert api.post("/sentry-apps/", json=body).status_code == 201
    assert up.silo("app", "install", "kanban").code == 0
    receiver.wait_for(1)
    up.lose("control")
    up.start_by_hand("control")


@pytest.mark.usefixtures("given_up")
def test_an_owner_is_told_of_a_webhook_that_was_given_up(up: SiloUp) -> None:
    eventually(lambda: subjects(up) == [GIVEN_UP], within_seconds=PATIENCE)
    assert health(up) == "parked"


@pytest.mark.usefixtures("given_up")
def test_more_that_are_given_up_in_a_region_that_is_killed_are_no_mails_and_its_owner_is_told_when_all_is_well(
    up: SiloUp, receiver: ThirdPartyApp
) -> None:
    before = len(receiver.requests)
    for _ in range(3):
        assert up.silo("trigger", "issue.created").code == 0
    receiver.wait_for(before + 3)
    up.lose("control")
    up.lose("us")
    up.start_by_hand("us")
    up.start_by_hand("control")
    receiver.answers(HOOK)
    answered(up, event="installation.created")
    # What control itself was refused is over; what the region was refused, which it says when it is back, is not.
    assert health(up) == "parked"
    eventually(lambda: subjects(up) == [GIVEN_UP], within_seconds=PATIENCE)
    answered(up, event="issue.created")
    eventually(lambda: subjects(up) == [GIVEN_UP, WELL], within_seconds=PATIENCE)
    assert health(up) == "well"


def answered(up: SiloUp, *, event: str) -> None:
    """Sends the newest webhook of an event again, and returns when it has arrived."""
    with up.api("owner") as api:
        path = "/sentry-apps/kanban/deliveries/"
        # A control that has just started may not have found its regions yet.
        eventually(lambda: bool(api.get(path, params={"event": event}).json()), within_seconds=PATIENCE)
        (newest, *_) = api.get(path, params={"event": event}).json()
        assert api.post(f"{path}{newest['id']}/redeliver/").status_code == 202
        eventually(
            lambda: api.get(path, params={"event": event}).json()[0]["status"] == "delivered", within_seconds=PATIENCE
        )
