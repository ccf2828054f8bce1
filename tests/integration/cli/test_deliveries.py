import json
from collections.abc import Callable, Iterator

import pytest

from control_silo.bootstrap import make_sender
from shared.cli.main import SAID_NO, WRONG_USE
from tests.integration.cli.conftest import CommandLine
from tests.integration.third_party import ThirdPartyApp, running_app
from tests.silos import Silos

Manifest = Callable[..., str]


@pytest.fixture
def third_party() -> Iterator[ThirdPartyApp]:
    with running_app() as third_party:
        third_party.answers("/hook", body=b"thank you")
        yield third_party


@pytest.fixture
def kanban(silo: CommandLine, silos: Silos, manifest: Manifest, third_party: ThirdPartyApp) -> str:
    """The slug of an app that has been told of its installation."""
    path = manifest(name="Kanban", webhookUrl=f"{third_party.url}/hook")
    slug = str(silo("app", "create", path, "--json").json["slug"])
    silo("app", "install", slug)
    send(silos)
    return slug


def send(silos: Silos) -> None:
    sender = make_sender(silos.control)
    sender.send_due()
    sender.wait()
    sender.settle_ended()


def test_deliveries_are_listed_for_people_and_for_scripts(silo: CommandLine, kanban: str) -> None:
    (item,) = silo("deliveries", "list", kanban, "--status", "delivered", "--json").json
    assert (item["event"], item["status"]) == ("installation.created", "delivered")
    assert item["id"] in silo("deliveries", "list", kanban).out
    assert "silo app install" in silo("deliveries", "list", kanban, "--status", "parked").err


def test_a_delivery_is_shown_with_both_bodies(silo: CommandLine, kanban: str) -> None:
    (item,) = silo("deliveries", "list", kanban, "--json").json
    shown = silo("deliveries", "show", kanban, item["id"]).out
    assert '"action":"created"' in shown.replace("\n", "").replace(" ", "")
    assert "thank you" in shown
    assert silo("deliveries", "show", kanban, item["id"], "--json").json == item


def test_a_delivery_is_sent_again(silo: CommandLine, silos: Silos, kanban: str, third_party: ThirdPartyApp) -> None:
    (item,) = silo("deliveries", "list", kanban, "--json").json
    assert silo("deliveries", "redeliver", kanban, item["id"], "--json").json["status"] == "pending"
    send(silos)
    assert [request.headers["request-id"] for request in third_party.requests] == [item["requestId"]] * 2


def test_a_body_is_shown_as_one_line_that_can_be_pasted_with_its_headers(silo: CommandLine, kanban: str) -> None:
    (item,) = silo("deliveries", "list", kanban, "--json").json
    lines = silo("deliveries", "show", kanban, item["id"]).out.splitlines()
    assert item["body"] in lines
    for name in ("Sentry-Hook-Signature", "Sentry-App-Signature", "Request-ID"):
        assert f"{name}: {item['attempts'][0]['request']['headers'][name]}" in lines


def test_many_are_sent_again_together(silo: CommandLine, kanban: str) -> None:
    assert silo("deliveries", "redeliver", kanban, "--failed", "--json").json["count"] == 0
    assert silo("deliveries", "redeliver", kanban, "--all", "--json").json["count"] == 1
    assert [each["status"] for each in silo("deliveries", "list", kanban, "--json").json] == ["pending"]


@pytest.mark.parametrize("line", [(), ("us.1", "--failed"), ("us.1", "--all")])
def test_which_are_sent_again_has_to_be_said(silo: CommandLine, kanban: str, line: tuple[str, ...]) -> None:
    assert silo("deliveries", "redeliver", kanban, *line).code == WRONG_USE


def test_an_event_is_tried_out_and_seen_by_who_listens(silo: CommandLine, kanban: str) -> None:
    sent = silo("deliveries", "test", kanban, "installation.deleted", "--json").json
    told = silo("deliveries", "tail", kanban, "--since", "2000-01-01", "--seconds", "0", "--json").out.splitlines()
    assert json.loads(told[-1])["id"] == sent["id"]
    said = silo("deliveries", "tail", kanban, "--since", "2000-01-01", "--seconds", "0", "--event", "issue.created")
    assert said.out == ""


def test_deliveries_are_listed_by_time_and_failure(silo: CommandLine, kanban: str) -> None:
    assert silo("deliveries", "list", kanban, "--failed", "--json").json == []
    assert silo("deliveries", "list", kanban, "--until", "2000-01-01", "--json").json == []
    assert len(silo("deliveries", "list", kanban, "--since", "2000-01-01", "--json").json) == 1


def test_what_listens_needs_a_server_to_forward_to(silo: CommandLine, kanban: str) -> None:
    assert silo("listen", kanban, "--forward-to", "localhost").code == WRONG_USE


def test_an_outbox_is_told_an_app_by_its_slug(silo: CommandLine, kanban: str) -> None:
    paused = silo("outbox", "pause", kanban, "--json").json["destination"]
    assert paused.startswith("app:")
    assert {each["destination"] for each in silo("outbox", "list", kanban, "--json").json} <= {paused}
    assert silo("outbox", "resume", f"app:{kanban}", "--json").json["destination"] == paused
    assert silo("outbox", "pause", "no-such-app").code == SAID_NO


def test_what_is_no_delivery_is_told(silo: CommandLine, kanban: str) -> None:
    ended = silo("deliveries", "show", kanban, "us.99")
    assert (ended.code, ended.out) == (SAID_NO, "")
