"""What the platform promises when a silo is killed: nothing acknowledged is lost, and every replica is equal again."""

import itertools
import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest

from region_silo.services.registration import REPORT_SECONDS
from shared.cli.access import Access
from shared.cli.compare import Comparer
from tests.e2e.silo_up import APP_SERVICE, SiloUp, eventually, silo_up

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

APP = {
    "author": "Acme",
    "organization": "acme",
    "webhookUrl": "https://kanban.acme.example/webhook",
    "verifyInstall": False,
    "scopes": ["event:read"],
    "events": ["issue"],
}
CATCH_UP_SECONDS = 30


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiloUp]:
    """One platform for all: whoever kills a silo starts it again."""
    with silo_up(tmp_path_factory.mktemp("platform") / "data") as up:
        yield up


def comparer(up: SiloUp) -> Comparer:
    regions = {name: silo["grpc"] for name, silo in up.topology["regions"].items()}
    place = up.topology["control"]
    return Comparer(Access(place["http"], place["grpc"], rpc_keys=up.topology["rpc_keys"], regions=regions), [*regions])


def create(api: httpx.Client, name: str) -> str:
    answer = api.post("/sentry-apps/", json={**APP, "name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["slug"])


class Burst(threading.Thread):
    """Makes apps, one after the other, until control is gone."""

    def __init__(self, up: SiloUp) -> None:
        super().__init__()
        self.acknowledged: list[str] = []
        self.flows = threading.Event()
        self._api = up.api()

    def run(self) -> None:
        with self._api, suppress(httpx.TransportError):
            for number in itertools.count():
                self.acknowledged.append(create(self._api, f"Burst {number}"))
                if number == 20:
                    self.flows.set()


def test_a_region_that_was_killed_has_everything_again(up: SiloUp) -> None:
    with up.api() as api:
        create(api, "Before")
        up.lose("us")
        for number in range(100):
            create(api, f"While away {number}")
    assert up.silo("status", "--json").json["regions"]["us"]["backlog"]["app"] >= 100
    up.start_by_hand("us")
    with closing(comparer(up)) as compared:
        eventually(compared.digests_are_equal, within_seconds=CATCH_UP_SECONDS)
        assert all(comparison.is_equal for comparison in compared.compare())


def test_nothing_that_control_acknowledged_is_lost_when_it_is_killed_in_a_burst(up: SiloUp) -> None:
    burst = Burst(up)
    burst.start()
    assert burst.flows.wait(30)
    up.lose("control")
    burst.join(30)
    up.start_by_hand("control")
    with closing(comparer(up)) as compared:
        eventually(compared.digests_are_equal, within_seconds=CATCH_UP_SECONDS)
    assert set(burst.acknowledged) <= {app["slug"] for app in up.silo("app", "list", "--json").json}


def test_a_region_that_came_back_elsewhere_is_found_by_every_command(up: SiloUp) -> None:
    up.lose("de")
    up.move("de")
    up.start_by_hand("de")
    eventually(lambda: up.silo("status", "--json").json["regions"]["de"]["reachable"], within_seconds=30)
    for target in ("de", up.place("de")["grpc"]):
        assert up.silo("rpc", target, "hybridcloud.operations.v1.OutboxService/GetStatus").json["silo"] == "de"


def test_a_region_answers_reads_while_control_is_away(up: SiloUp) -> None:
    with up.api() as api:
        slug = create(api, "Kanban")
        api.post("/organizations/acme/sentry-app-installations/", json={"slug": slug})
    request = json.dumps({"organization_id": up.topology["organization"]["id"]})
    call = ("rpc", "us", f"{APP_SERVICE}/GetInstallationsForOrganization", request)
    with closing(comparer(up)) as compared:
        eventually(compared.digests_are_equal, within_seconds=CATCH_UP_SECONDS)
    up.lose("control")
    found = up.silo("rpc", "us", f"{APP_SERVICE}/GetSentryAppBySlug", json.dumps({"slug": slug})).json
    assert found["sentry_app"]["name"] == "Kanban"
    assert [each["sentry_app"]["slug"] for each in up.silo(*call).json["installations"]] == [slug]
    up.start_by_hand("control")


def files_of(up: SiloUp, silo: str) -> list[Path]:
    name = "control.db" if silo == "control" else f"region-{silo}.db"
    return [up.data / f"{name}{end}" for end in ("", "-wal", "-shm")]


def newest_app(up: SiloUp) -> int:
    with closing(sqlite3.connect(up.data / "control.db", timeout=10)) as database:
        return int(database.execute("SELECT max(id) FROM sentry_app").fetchone()[0])


def project(up: SiloUp, slug: str) -> int:
    return int(up.silo("project", "create", "acme", slug, "--json").json["id"])


def test_ids_go_on_above_those_that_regions_have_seen_when_control_is_restored(up: SiloUp, tmp_path: Path) -> None:
    up.lose("control")
    for path in files_of(up, "control"):
        if path.exists():
            shutil.copy(path, tmp_path)
    up.start_by_hand("control")
    with up.api() as api:
        for number in range(5):
            create(api, f"Since the backup {number}")
    newest = newest_app(up)
    with closing(comparer(up)) as compared:
        eventually(compared.digests_are_equal, within_seconds=CATCH_UP_SECONDS)
    up.lose("control")
    for path in files_of(up, "control"):
        path.unlink(missing_ok=True)
        if (tmp_path / path.name).exists():
            shutil.copy(tmp_path / path.name, path)
    up.start_by_hand("control")
    with up.api() as api:
        create(api, "After the backup")
    assert newest_app(up) == newest + 1
    with closing(comparer(up)) as compared:
        eventually(compared.digests_are_equal, within_seconds=CATCH_UP_SECONDS)


def test_a_region_that_lost_its_database_comes_back_and_makes_no_id_twice(up: SiloUp) -> None:
    before = project(up, "before")
    threading.Event().wait(REPORT_SECONDS + 1)
    up.lose("us")
    for path in files_of(up, "us"):
        path.unlink(missing_ok=True)
    assert "region replace" not in up.silo("region", "replace", "us", "--dry-run").err
    assert up.silo("region", "replace", "us", "--yes").code == 0
    up.migrate("us")
    up.start_by_hand("us")
    with closing(comparer(up)) as compared:
        eventually(compared.digests_are_equal, within_seconds=CATCH_UP_SECONDS)
        assert all(comparison.is_equal for comparison in compared.compare())
    assert project(up, "after") > before
