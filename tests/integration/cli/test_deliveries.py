from collections.abc import Callable, Iterator

import pytest

from control_silo.bootstrap import make_sender
from shared.cli.main import SAID_NO
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


def test_what_is_no_delivery_is_told(silo: CommandLine, kanban: str) -> None:
    ended = silo("deliveries", "show", kanban, "us.99")
    assert (ended.code, ended.out) == (SAID_NO, "")
