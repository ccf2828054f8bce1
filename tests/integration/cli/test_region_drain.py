"""``silo region drain``: when it ends, and what it says is left."""

import threading

import pytest

from shared.cli.main import DONE, SAID_NO
from tests.integration.cli.conftest import CommandLine
from tests.integration.parking import park
from tests.silos import Silos


@pytest.fixture
def silo(silo: CommandLine, silos: Silos) -> CommandLine:
    """The command line; an app of an organization in ``de``, and its credential, wait to be delivered there."""
    silos.replicate()
    owner, creator = silos.create_organization("globex", region="de"), silos.create_user("maker@globex.example")
    silos.create_app("Kanban", owner=owner, creator=creator)
    return silo


def test_a_region_that_has_everything_is_drained(silo: CommandLine, silos: Silos) -> None:
    silos.replicate()
    ended = silo("region", "drain", "de", "--json")
    nothing = {"to_region": 0, "to_control": 0}
    assert (ended.code, ended.json) == (DONE, {"region": "de", "drained": True, "due": nothing, "parked": nothing})
    assert silo("region", "drain", "de").err == "Nothing is due to de, and nothing from it.\n"


def test_what_is_due_when_the_time_is_over_is_said(silo: CommandLine) -> None:
    ended = silo("region", "drain", "de", "--wait", "0", "--json")
    assert (ended.code, ended.json["due"]) == (SAID_NO, {"to_region": 2, "to_control": 1})
    assert ended.err == "Still due to de or from it: 3.\n"


def test_it_waits_for_what_is_delivered_meanwhile(silo: CommandLine, silos: Silos) -> None:
    worker = threading.Timer(0.3, silos.replicate)
    worker.start()
    assert silo("region", "drain", "de", "--wait", "30").code == DONE
    worker.join()


def test_it_does_not_wait_for_a_region_that_is_paused(silo: CommandLine) -> None:
    silo("outbox", "pause", "de")
    ended = silo("region", "drain", "de", "--wait", "30")
    assert ended.code == SAID_NO
    assert "An operator has paused it" in ended.err


def test_parked_messages_are_no_end(silo: CommandLine, silos: Silos) -> None:
    park(silos, "de")
    silos.replicate()
    ended = silo("region", "drain", "de", "--json")
    assert (ended.code, ended.json["parked"]) == (SAID_NO, {"to_region": 2, "to_control": 0})
    assert ended.err == "Parked: 2; `silo outbox parked` shows why.\n"


def test_an_unknown_region_is_said_to_be(silo: CommandLine) -> None:
    ended = silo("region", "drain", "xx")
    assert ended.code == SAID_NO
    assert "There is no silo 'xx'" in ended.err


def test_control_is_no_region(silo: CommandLine) -> None:
    ended = silo("region", "drain", "control")
    assert ended.code == SAID_NO
    assert "control is no region." in ended.err
