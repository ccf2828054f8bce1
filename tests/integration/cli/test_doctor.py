"""`silo doctor`, about silos that run here."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.cli.main import DONE, SAID_NO, WRONG_USE, run
from shared.cli.topology import Silo, Topology, write_topology
from shared.clock import SystemClock
from shared.domain.seal import seal
from shared.peers.schema import PeerKey
from tests.http_silos import HttpSilos, serving_http
from tests.integration.cli.conftest import CommandLine, Ended
from tests.keys import SEAL_KEY
from tests.silos import Silos


@pytest.fixture
def http(silos: Silos) -> Iterator[HttpSilos]:
    with serving_http(silos) as http:
        yield http


@pytest.fixture
def silo(http: HttpSilos, topology: Topology, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """The command line, at a moment at which the silos' clocks are right."""
    regions = {name: Silo(http.url(name), http.silos.address(name), pid=1) for name in http.silos.regions}
    control = replace(topology.control, http=http.url("control"))
    write_topology(tmp_path, replace(topology, control=control, regions=regions))
    http.silos.clock.advance((SystemClock().now() - http.silos.clock.now()).total_seconds())
    return CommandLine(tmp_path, capsys, SystemClock())


def verdicts(ended: Ended, check: str) -> dict[str, str]:
    return {each["silo"]: each["verdict"] for each in ended.json if each["check"] == check}


def test_each_silo_is_examined(silo: CommandLine) -> None:
    ended = silo("doctor", "--json")
    well = dict.fromkeys(("control", "us", "de"), "ok")
    assert [verdicts(ended, check) for check in ("reachable", "schema", "keys")] == [well] * 3


def test_a_silo_that_is_away_is_a_problem_and_said_with_what_to_do(silo: CommandLine, silos: Silos) -> None:
    silos.stop("de")
    ended = silo("doctor", "--json")
    assert (ended.code, verdicts(ended, "reachable")["de"]) == (SAID_NO, "problem")
    told = silo("doctor")
    assert (told.code, "correct the address" in told.out) == (SAID_NO, True)


def test_a_database_that_lacks_tables_is_a_problem(silo: CommandLine, silos: Silos) -> None:
    database = silos.database("us")
    with database.transaction():
        database.rows("DELETE FROM schema_migration WHERE name LIKE '0009%'")
    assert verdicts(silo("doctor", "--json"), "schema") == {"control": "ok", "us": "problem", "de": "ok"}


def test_a_clock_that_runs_ahead_is_a_problem(silo: CommandLine, silos: Silos) -> None:
    silos.clock.advance(30)
    ended = silo("doctor", "--json")
    assert (ended.code, set(verdicts(ended, "clocks").values())) == (SAID_NO, {"problem"})


def test_a_secret_that_two_peers_have_is_a_problem(silo: CommandLine, silos: Silos) -> None:
    secret = silos.control.keys.signing("us").secret.decode()
    sealed = seal(secret, secret=SEAL_KEY, purpose="peer_key/twin")
    with silos.control.database.transaction():
        PeerKey.create(id="twin", peer="operator:twin", sealed=sealed, added_at=silos.clock.now())
    silos.control.keys.look()
    assert verdicts(silo("doctor", "--json"), "keys") == {"control": "problem", "us": "ok", "de": "ok"}


def test_a_platform_that_is_well_exits_with_nothing_wrong(silo: CommandLine) -> None:
    ended = silo("doctor")
    assert (ended.code, ended.out.strip()) == (DONE, ""), ended.out


def test_keys_of_the_old_form_are_refused_with_the_new_one(capsys: pytest.CaptureFixture[str]) -> None:
    ended = run(["doctor", "--control", "http://127.0.0.1:1"], environ={"SILO_RPC_KEYS": "k1:secret"})
    assert ended == WRONG_USE
    assert "peer/id:secret" in capsys.readouterr().err
