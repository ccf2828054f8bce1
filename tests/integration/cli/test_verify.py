"""``silo verify``: its exit codes, what it prints, and whom it leaves out."""

import pytest

from region_silo.models.replica import AppReplica
from shared.cli.main import DONE, SAID_NO
from tests.integration.cli.conftest import CommandLine
from tests.silos import Silos


@pytest.fixture
def app_id(silo: CommandLine, silos: Silos) -> int:
    """An app of an organization in ``de``, which has it."""
    owner, creator = silos.create_organization("globex", region="de"), silos.create_user("maker@globex.example")
    app = silos.create_app("Kanban", owner=owner, creator=creator)
    silos.replicate()
    return int(app.id)


def lose(silos: Silos, app_id: int) -> None:
    with silos.database("de").transaction():
        AppReplica.delete().where(AppReplica.id == app_id).execute()


@pytest.mark.usefixtures("app_id")
def test_it_ends_with_0_when_nothing_differs(silo: CommandLine) -> None:
    ended = silo("verify", "--json")
    assert (ended.code, ended.json["equal"]) == (DONE, True)
    compared = [(each["silo"], each["category"], each["equal"]) for each in ended.json["comparisons"]]
    assert compared == [
        ("de", "app", True),
        ("de", "installation", True),
        ("de", "token", True),
        ("de", "credential", True),
        ("us", "app", True),
        ("us", "installation", True),
        ("us", "token", True),
        ("us", "credential", True),
        ("control", "organization", True),
    ]


def test_it_ends_with_1_and_names_what_differs(silo: CommandLine, silos: Silos, app_id: int) -> None:
    lose(silos, app_id)
    ended = silo("verify", "--settle", "0", "--json")
    assert (ended.code, ended.json["equal"]) == (SAID_NO, False)
    (differing,) = ended.json["comparisons"][0]["differing"]
    assert differing == {"id": app_id, "kind": "missing", "expected_version": 1, "held_version": None}
    assert ended.err == "Different: 1 of app in de. `silo verify --repair` makes it equal.\n"


def test_the_table_says_the_same(silo: CommandLine, silos: Silos, app_id: int) -> None:
    lose(silos, app_id)
    rows = [" ".join(line.split()) for line in silo("verify", "--settle", "0").out.splitlines()]
    assert f"de app no 1 missing: {app_id}" in rows
    assert "us app yes" in rows


def test_what_differs_after_a_repair_is_said(silo: CommandLine, silos: Silos, app_id: int) -> None:
    lose(silos, app_id)
    ended = silo("verify", "--repair", "--settle", "0", "--wait", "0", "--json")
    assert (ended.code, ended.json["equal"]) == (SAID_NO, False)
    assert ended.err.startswith("Repairing: 1 of app in de.\nStill different: 1 of app in de. ")
    silos.replicate()
    assert silo("verify", "--deep", "--json").code == DONE


@pytest.mark.usefixtures("app_id")
def test_a_silo_that_is_away_is_named_and_the_others_are_compared(silo: CommandLine, silos: Silos) -> None:
    silos.stop("us")
    ended = silo("verify", "--json")
    assert ended.code == SAID_NO
    by_silo = {each["silo"]: (each["equal"], each["error"]) for each in ended.json["comparisons"]}
    assert by_silo["de"] == (True, None)
    assert by_silo["us"] == (False, "us cannot be reached. `silo status` shows which silos answer.")
    assert ended.err == "Not compared: us cannot be reached. `silo status` shows which silos answer.\n"
