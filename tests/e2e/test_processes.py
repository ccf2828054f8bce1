"""Silos as an operator starts them, a command each: `python -m control_silo …` and `python -m region_silo …`."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.category import Category
from shared.cli.access import Access
from shared.cli.compare import Comparer
from shared.cli.local.addresses import choose_addresses
from shared.cli.manifest import acme_kanban
from shared.cli.platform_keys import OPERATOR, PlatformKeys
from shared.cli.rest import RestClient
from shared.cli.status_report import is_healthy, read_status
from shared.errors import SiloError
from tests.e2e.silo_up import ROOT, START_SECONDS, Ended, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

KEYS = PlatformKeys().completed(["us"], shares_operator=True)
ACME_KANBAN = acme_kanban("https://kanban.acme.example")
RPC_KEYS = f"{OPERATOR}/{KEYS.operators['us']}"
NEW_SECRETS = {"token", "session", "password"}


@dataclass(frozen=True)
class Platform:
    """Control without a worker, the region ``us`` with one, and what their processes are told."""

    access: Access
    superuser: dict[str, Any]
    control: Mapping[str, str]
    region: Mapping[str, str]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    directory = tmp_path_factory.mktemp("processes")
    places = choose_addresses(("us",), http_port=0)
    control = variables("CONTROL", directory / "control.db", grpc=places["control"].grpc, http=places["control"].http)
    region = variables("REGION", directory / "us.db", grpc=places["us"].grpc, http=places["us"].http)
    region |= {"REGION_NAME": "us", "REGION_CONTROL_TARGET": places["control"].grpc}
    superuser = json.loads(run("control_silo", "migrate", "--bootstrap", told=control).out)["superuser"]
    run("region_silo", "migrate", told=region)
    access = Access(places["control"].url, places["control"].grpc, token=superuser["token"], rpc_keys=RPC_KEYS)
    with ExitStack() as stack:
        stack.enter_context(running("control_silo", "serve", "--no-worker", told=control))
        stack.enter_context(running("region_silo", "serve", told=region))
        eventually(lambda: is_healthy(access, "us", address=places["us"].grpc), within_seconds=START_SECONDS)
        eventually(lambda: is_registered(access, "us"), within_seconds=START_SECONDS)
        yield Platform(access, superuser, control, region)


def variables(prefix: str, database: Path, *, grpc: str = "127.0.0.1:0", http: str = "127.0.0.1:0") -> dict[str, str]:
    return {
        f"{prefix}_DATABASE_URL": f"sqlite:///{database}",
        f"{prefix}_GRPC_LISTEN": grpc,
        f"{prefix}_HTTP_LISTEN": http,
        **KEYS.variables("control" if prefix == "CONTROL" else "us"),
    }


def run(module: str, *arguments: str, told: Mapping[str, str]) -> Ended:
    """A command, to its end."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **told},
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@contextmanager
def running(module: str, *arguments: str, told: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs while the block lasts."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **told}
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def is_registered(access: Access, region: str) -> bool:
    try:
        return region in access.list_directory()
    except SiloError:
        return False


def create_app(platform: Platform, name: str) -> None:
    with RestClient(platform.access.control_http, token=platform.superuser["token"]) as api:
        api.post("/organizations/", {"slug": name, "name": name, "region": "us"})
        api.post("/sentry-apps/", {**ACME_KANBAN, "name": name, "organization": name})


def waiting_apps(platform: Platform) -> int:
    return (read_status(platform.access).regions["us"].backlog or {}).get("app", 0)


def test_the_first_bootstrap_prints_the_secrets_of_the_superuser(tmp_path: Path) -> None:
    ended = run("control_silo", "migrate", "--bootstrap", told=variables("CONTROL", tmp_path / "control.db"))
    assert (ended.code, ended.out.count("\n")) == (0, 1)
    assert ended.json["superuser"].keys() == {"id", "email", *NEW_SECRETS}


def test_the_next_bootstrap_prints_who_there_is_and_no_secret(platform: Platform) -> None:
    ended = run("control_silo", "migrate", "--bootstrap", told=platform.control)
    assert (ended.code, ended.out.count("\n"), ended.err) == (0, 1, "")
    assert ended.json == {"superuser": {key: platform.superuser[key] for key in ("id", "email")}}


def test_what_a_serving_process_leaves_waiting_a_worker_of_its_own_delivers(platform: Platform) -> None:
    create_app(platform, "before")
    assert waiting_apps(platform) == 1
    with (
        running("control_silo", "worker", told=platform.control),
        closing(Comparer(platform.access, ["us"])) as comparer,
    ):
        eventually(comparer.digests_are_equal, within_seconds=30)
        create_app(platform, "meanwhile")  # another process commits: the worker hears no bell, it looks
        eventually(comparer.digests_are_equal, within_seconds=30)
        held = {each.side.category: each.held for each in comparer.compare() if each.side.holder == "us"}
    assert (held[Category.APP], waiting_apps(platform)) == (2, 0)


def test_a_region_under_a_name_that_is_taken_ends_with_the_reason(platform: Platform, tmp_path: Path) -> None:
    told = {**platform.region, **variables("REGION", tmp_path / "another.db")}
    assert run("region_silo", "migrate", told=told).code == 0
    ended = run("region_silo", "serve", told=told)
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert ended.err.startswith("Another database is registered as the region 'us'")


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
def test_a_release_that_is_older_than_its_database_refuses_it_in_a_sentence(tmp_path: Path, command: str) -> None:
    told = variables("CONTROL", tmp_path / "control.db")
    assert run("control_silo", "migrate", told=told).code == 0
    with closing(sqlite3.connect(tmp_path / "control.db")) as database:
        database.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_of_tomorrow', '2030-01-01')")
        database.commit()
    ended = run("control_silo", command, told=told)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert ended.err.startswith("The database was migrated by a newer release")
    assert "9999_of_tomorrow" in ended.err


def test_a_release_that_is_newer_than_its_database_is_not_ready(tmp_path: Path) -> None:
    place = choose_addresses((), http_port=0)["control"]
    told = variables("CONTROL", tmp_path / "control.db", grpc=place.grpc, http=place.http)
    assert run("control_silo", "migrate", told=told).code == 0
    with closing(sqlite3.connect(tmp_path / "control.db")) as database:
        database.execute("DELETE FROM schema_migration_outbox WHERE name LIKE '0003%'")
        database.commit()
    with running("control_silo", "serve", told=told):
        eventually(lambda: health_of(place.url) == 503, within_seconds=START_SECONDS)
        assert run("control_silo", "migrate", told=told).code == 0
        eventually(lambda: health_of(place.url) == 200, within_seconds=5)


def health_of(url: str) -> int:
    """What the silo answers; 0: nothing."""
    try:
        return httpx.get(f"{url}/readyz", trust_env=False, timeout=5).status_code
    except httpx.TransportError:
        return 0
