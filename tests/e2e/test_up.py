"""`silo up` as operators and scripts know it, on real processes."""

import json
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.silo_up import STOP_SECONDS, SiloUp, eventually, run_silo, silo_up, start_silo_up

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiloUp]:
    """One platform for the tests that change nothing of it."""
    with silo_up(tmp_path_factory.mktemp("kept") / "data") as up:
        yield up


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiloUp]:
    """Another one, for the tests that break something and mend it."""
    with silo_up(tmp_path_factory.mktemp("broken") / "data") as up:
        yield up


def test_it_prints_the_topology_that_it_writes_for_its_owner_alone(kept: SiloUp) -> None:
    path = kept.data / "topology.json"
    assert json.loads(path.read_text()) == kept.topology
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_first_start_makes_an_organization_its_owner_and_a_superuser(kept: SiloUp) -> None:
    users = {role: user["email"] for role, user in kept.topology["users"].items()}
    assert users == {"owner": "owner@acme.example", "superuser": "root@silo.example"}
    assert kept.topology["organization"] == {"id": 1, "slug": "acme", "region": "us"}


@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_tokens_sessions_and_passwords_are_good(kept: SiloUp, role: str) -> None:
    user = kept.topology["users"][role]
    with kept.api(role) as api:
        assert api.get("/users/me/").json()["email"] == user["email"]
        del api.headers["Authorization"]
        assert api.get("/users/me/", headers={"Cookie": f"sentrysid={user['session']}"}).is_success
        assert api.post("/auth/", auth=(user["email"], user["password"])).is_success


def test_a_second_one_on_the_same_directory_is_refused(kept: SiloUp) -> None:
    ended = run_silo("up", "--data", str(kept.data), "--http-port", "0")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert f"already runs on {kept.data}, as process {kept.process.pid}" in ended.err


def test_a_port_in_use_is_one_line_and_leaves_nothing_running(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run_silo("up", "--data", str(tmp_path), "--http-port", str(port))
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert f"Port {port}, for control, is in use" in ended.err


def test_a_directory_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = run_silo("up", "--data", str(tmp_path / "file"), "--http-port", "0")
    assert (ended.code, ended.err.count("\n")) == (2, 1)


def test_a_damaged_database_ends_with_the_reason(kept: SiloUp, tmp_path: Path) -> None:
    (tmp_path / "topology.json").write_text(json.dumps(kept.topology))
    for name in kept.topology["regions"]:
        (tmp_path / f"region-{name}.db").touch()  # a region without its database is another refusal
    (tmp_path / "control.db").write_text("no database at all, but quite some text")
    ended = run_silo("up", "--data", str(tmp_path), "--http-port", "0")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines()[-1].startswith("silo up: control did not start: ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_within_five_seconds(tmp_path: Path, number: int) -> None:
    with silo_up(tmp_path, "--region", "us") as up:
        silos = up.processes()
        assert up.stop(number) < STOP_SECONDS
        assert up.process.returncode == 0
        assert not [process for process in silos if process.is_running()]


def test_the_next_start_keeps_everything_and_may_add_a_region(tmp_path: Path) -> None:
    with silo_up(tmp_path, "--region", "us") as first:
        pass
    with silo_up(tmp_path, "--region", "us", "--region", "jp") as second:
        assert {**second.topology, "control": 0, "regions": 0} == {**first.topology, "control": 0, "regions": 0}
        assert second.silo("org", "create", "kabuki", "--region", "jp", "--json").json["region"] == "jp"
        assert [each["slug"] for each in second.silo("org", "list", "--json").json] == ["acme", "kabuki"]


def test_a_first_start_that_was_interrupted_is_begun_anew(tmp_path: Path) -> None:
    interrupted = start_silo_up(tmp_path, "--region", "us")
    eventually(lambda: any("ready" in line for line in interrupted.said), within_seconds=30)
    interrupted.stop(signal.SIGKILL)
    with silo_up(tmp_path) as up, up.api("owner") as api:
        assert api.get("/organizations/").json()[0]["slug"] == "acme"


def test_a_silo_that_dies_is_reported_and_left_to_the_operator(broken: SiloUp) -> None:
    died = broken.place("de")["pid"]
    broken.lose("de")
    broken.eventually_says(f"de (process {died}) was killed by signal 9")
    assert broken.process.poll() is None
    assert not broken.silo("status", "--json").json["regions"]["de"]["reachable"]
    broken.start_by_hand("de")
    assert broken.silo("status", "--json").json["regions"]["de"]["reachable"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")
def test_nothing_survives_a_silo_up_that_is_killed(tmp_path: Path) -> None:
    with silo_up(tmp_path, "--region", "us") as up:
        silos = up.processes()[1:]
        up.process.kill()
        _, alive = psutil.wait_procs(silos, timeout=2)
        assert (len(silos), alive) == (2, [])


def test_two_platforms_run_side_by_side(kept: SiloUp, broken: SiloUp) -> None:
    assert kept.topology["control"]["http"] != broken.topology["control"]["http"]
    assert kept.topology["rpc_keys"] != broken.topology["rpc_keys"]
