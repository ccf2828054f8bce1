"""``silo trigger``: an app is told of each event by a real webhook, through real processes."""

import json
from collections.abc import Iterator

import pytest

from shared.domain.event import AppEvent
from tests.e2e.silo_up import SiloUp, silo_up
from tests.integration.third_party import ThirdPartyApp, running_app

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

TRIGGERED = [event.value for event in AppEvent if isinstance(event.row.trigger, tuple)]
BEFORE = {
    "issue.unresolved": {"issue.resolved"},
    "issue.unassigned": {"issue.assigned"},
    "comment.updated": {"comment.created"},
    "comment.deleted": {"comment.created"},
}
"""What must have happened before an event can."""


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiloUp]:
    with silo_up(tmp_path_factory.mktemp("platform") / "data") as up:
        yield up


@pytest.fixture(scope="module")
def receiver(up: SiloUp) -> Iterator[ThirdPartyApp]:
    """The internal app of acme, which subscribes to everything that can be triggered."""
    with running_app() as receiver:
        manifest = {"name": "Bot", "isInternal": True, "scopes": ["event:read"], "webhookUrl": f"{receiver.url}/hook"}
        (up.data / "bot.json").write_text(json.dumps({**manifest, "events": ["issue", "error", "comment"]}))
        made = up.silo("app", "create", str(up.data / "bot.json"), "--json").json
        receiver.secret = made["clientSecret"]
        receiver.answers("/hook")
        yield receiver


@pytest.mark.parametrize("event", TRIGGERED)
def test_the_app_is_told(up: SiloUp, receiver: ThirdPartyApp, event: str) -> None:
    told = {"issue.created", "error.created", event} | BEFORE.get(event, set())
    before = len(receiver.requests)
    to = ("--to", "owner@acme.example") if event in {"issue.assigned", "issue.unassigned"} else ()
    ended = up.silo("trigger", event, *to, "--json")
    assert (ended.code, ended.json["event"]) == (0, event)
    receiver.wait_for(before + len(told))
    requests = receiver.requests[before:]
    assert {f"{each.headers['sentry-hook-resource']}.{each.json['action']}" for each in requests} == told
    assert all(each.is_signed(receiver.secret) for each in requests)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("issue.escalated",), "There is no event 'issue.escalated' to trigger; there are: issue.created, "),
        (("installation.created",), "installation.created is made by `silo app install`."),
        (("issue.assigned",), "Name a member of the organization with --to."),
    ],
)
def test_what_cannot_be_triggered_is_explained(up: SiloUp, arguments: tuple[str, ...], sentence: str) -> None:
    ended = up.silo("trigger", *arguments)
    assert ended.code == 2
    assert sentence in ended.err


def test_an_unknown_organization_is_said_to_be(up: SiloUp) -> None:
    ended = up.silo("trigger", "issue.created", "--org", "nowhere")
    assert (ended.code, ended.out) == (1, "")
    assert "silo org list" in ended.err
