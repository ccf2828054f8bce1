from typing import Any

import pytest

from shared.cli.main import SAID_NO, WRONG_USE
from shared.outbox.enqueue import enqueue
from tests.integration.cli.conftest import CommandLine
from tests.integration.parking import LAST_ERROR, park
from tests.silos import Silos


@pytest.fixture
def silo(silo: CommandLine, silos: Silos) -> CommandLine:
    """The command line; an app installed in an organization of ``de`` waits to be delivered there."""
    silos.replicate()
    owner, creator = silos.create_organization("globex", region="de"), silos.create_user("maker@globex.example")
    silos.install(silos.create_app("Kanban", owner=owner, creator=creator), organization=owner)
    return silo


def categories(silo: CommandLine, destination: str) -> dict[str, Any]:
    (found,) = silo("outbox", "list", destination, "--json").json
    return {name: (each["due"], each["parked"]) for name, each in found["categories"].items()}


def test_what_waits_is_listed_by_destination_and_category(silo: CommandLine, silos: Silos) -> None:
    silos.clock.advance(5)
    (found,) = silo("outbox", "list", "de", "--json").json
    assert (found["silo"], found["destination"], found["paused_at"], found["breaker"]) == (
        "control",
        "de",
        None,
        "closed",
    )
    assert found["categories"]["app"] == {"due": 1, "parked": 0, "awaiting_upgrade": 0, "oldest_age_seconds": 5.0}


def test_the_table_shows_every_silos_outbox(silo: CommandLine) -> None:
    listed = silo("outbox", "list")
    assert listed.code == 0
    rows = [line.split() for line in listed.out.splitlines()]
    assert ["control", "de", "app", "1", "0"] in [row[:5] for row in rows]
    assert ["de", "control", "organization", "1", "0"] in [row[:5] for row in rows]


def test_parked_messages_are_shown_with_their_last_error(silo: CommandLine, silos: Silos) -> None:
    park(silos, "de")
    found = silo("outbox", "parked", "--json").json
    assert {(each["silo"], each["destination"], each["attempts"], each["last_error"]) for each in found} == {
        ("control", "de", 1, LAST_ERROR)
    }
    assert [each["category"] for each in silo("outbox", "parked", "de", "--category", "app", "--json").json] == ["app"]
    assert "FIELD_MISSING" in silo("outbox", "parked").out


def test_a_list_that_is_cut_says_so(silo: CommandLine, silos: Silos) -> None:
    park(silos, "de")
    ended = silo("outbox", "parked", "--limit", "1", "--json")
    assert (len(ended.json), "There are more" in ended.err) == (1, True)
    assert "There are more" not in silo("outbox", "parked", "--limit", "3").err


def test_nothing_parked_is_said_to_people_and_is_an_empty_list_for_scripts(silo: CommandLine) -> None:
    assert silo("outbox", "parked").err == "Nothing is parked.\n"
    assert silo("outbox", "parked", "--json").json == []


def test_one_message_is_retried(silo: CommandLine, silos: Silos) -> None:
    app_id = next(object_id for category, object_id in park(silos, "de") if category == "app")
    ended = silo("outbox", "retry", "de", "app", str(app_id), "--json")
    assert ended.json == {"destination": "de", "retried": 1, "at": {"control": 1}}
    assert categories(silo, "de") == {"app": (1, 0), "credential": (0, 1), "installation": (0, 1)}


def test_all_of_a_category_or_of_a_destination_is_discarded(silo: CommandLine, silos: Silos) -> None:
    park(silos, "de")
    assert silo("outbox", "discard", "de", "app", "--all", "--yes", "--json").json["discarded"] == 1
    assert silo("outbox", "discard", "de", "--all", "--yes").err.endswith("\ncontrol: 2 discarded.\n")
    assert silo("outbox", "discard", "de", "--all", "--yes", "--json").json["discarded"] == 0


def test_a_message_that_is_not_parked_is_told(silo: CommandLine) -> None:
    ended = silo("outbox", "retry", "de", "app", "99")
    assert (ended.code, ended.out) == (SAID_NO, "")
    assert ended.err == "silo outbox retry: No message is parked of app 99 for de.\n"


def test_a_message_that_two_silos_have_parked_is_changed_where_it_is_said(silo: CommandLine, silos: Silos) -> None:
    for region in ("us", "de"):
        with silos.database(region).transaction() as tx:
            enqueue(tx, "delivery", [7], destinations=["app:3"])
        park(silos, "app:3", silo=region)
    ended = silo("outbox", "discard", "app:3", "delivery", "7", "--yes")
    assert (ended.code, "--at" in ended.err) == (WRONG_USE, True)
    assert silo("outbox", "discard", "app:3", "delivery", "7", "--at", "de", "--yes", "--json").json["at"] == {"de": 1}


def test_a_paused_destination_is_shown_until_it_is_resumed(silo: CommandLine, silos: Silos) -> None:
    assert silo("outbox", "pause", "de", "--json").json == {"destination": "de", "paused": True, "at": ["control"]}
    silos.replicate()
    assert categories(silo, "de") == {"app": (1, 0), "credential": (1, 0), "installation": (1, 0)}
    assert "paused" in silo("outbox", "list", "de").out
    assert "paused" in silo("status").out
    assert silo("status", "--json").json["regions"]["de"]["paused"] is True
    silo("outbox", "resume", "de")
    silos.replicate()
    assert silo("status", "--json").json["regions"]["de"]["paused"] is False


def test_control_is_paused_in_every_region_or_in_one(silo: CommandLine) -> None:
    assert silo("outbox", "pause", "control", "--at", "us", "--json").json["at"] == ["us"]
    assert silo("outbox", "pause", "control", "--json").json["at"] == ["de", "us"]
    assert silo("status", "--json").json["control"]["paused"] is True


def test_a_silo_that_is_away_is_told_and_the_others_are_shown(silo: CommandLine, silos: Silos) -> None:
    silos.stop("us")
    ended = silo("outbox", "list", "--json")
    assert (ended.code, {each["silo"] for each in ended.json}) == (SAID_NO, {"control", "de"})
    assert ended.err.startswith("silo outbox list: us: ")
    silos.start("us")


@pytest.mark.parametrize(
    "line",
    [
        ("retry", "de"),
        ("retry", "de", "app"),
        ("discard", "de", "app", "1", "--all"),
        ("discard", "de", "app", str(2**63)),
        ("retry", "de", "app", "seven"),
        ("parked", "--limit", "0"),
        ("pause",),
    ],
)
def test_a_change_that_is_not_clear_is_wrong_use(silo: CommandLine, line: tuple[str, ...]) -> None:
    ended = silo("outbox", *line)
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (WRONG_USE, "", 1)


@pytest.mark.parametrize("line", [("list", "uss"), ("pause", "uss"), ("retry", "de", "--all", "--at", "us")])
def test_a_destination_that_is_none_is_told_with_those_that_are(silo: CommandLine, line: tuple[str, ...]) -> None:
    ended = silo("outbox", *line)
    assert (ended.code, ended.out) == (SAID_NO, "")
    assert "control" in ended.err
