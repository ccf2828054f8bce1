"""A database that is gone, or an older copy of itself: what operators do about it, through real processes."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from region_silo.services.registration import REPORT_SECONDS
from tests.e2e.silo_up import Ended, SiloUp, eventually, run_silo, silo_up
from tests.e2e.test_lost_silos import CATCH_UP_SECONDS, comparer, create, files_of

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiloUp]:
    with silo_up(tmp_path_factory.mktemp("platform") / "data") as up:
        yield up


def copy(up: SiloUp, silo: str, folder: Path) -> None:
    """Backs a silo's database up, as it is now."""
    folder.mkdir(exist_ok=True)
    with (
        closing(sqlite3.connect(files_of(up, silo)[0])) as source,
        closing(sqlite3.connect(folder / silo)) as target,
    ):
        source.backup(target)


def put_back(up: SiloUp, silo: str, folder: Path) -> None:
    """The silo is lost, and starts on the copy."""
    up.lose(silo)
    for path in files_of(up, silo):
        path.unlink(missing_ok=True)
    shutil.copy(folder / silo, files_of(up, silo)[0])
    up.start_by_hand(silo)


def project(up: SiloUp, organization: str, slug: str) -> dict[str, Any]:
    made = up.silo("project", "create", organization, slug, "--json")
    assert made.code == 0, made.err
    return dict(made.json)


def organizations(up: SiloUp) -> set[str]:
    return {each["slug"] for each in up.silo("org", "list", "--json").json}


def verify(up: SiloUp) -> Ended:
    return up.silo("verify", "--settle", "0.5", "--json")


def count(up: SiloUp, silo: str, statement: str) -> int:
    """What a statement counts in a silo's database, which is much quicker than to ask by a command."""
    with closing(sqlite3.connect(files_of(up, silo)[0], timeout=10)) as database:
        return int(database.execute(statement).fetchone()[0] or 0)


def await_equal(up: SiloUp) -> None:
    with closing(comparer(up)) as compared:
        eventually(compared.digests_are_equal, within_seconds=CATCH_UP_SECONDS)


def test_a_region_on_an_older_copy_makes_no_id_twice_and_its_organizations_are_judged(
    up: SiloUp, tmp_path: Path
) -> None:
    copy(up, "us", tmp_path)
    for slug in ("kept", "given-up"):
        assert up.silo("org", "create", slug, "--region", "us").code == 0
    since = project(up, "acme", "since-the-copy")
    threading.Event().wait(REPORT_SECONDS + 1)
    put_back(up, "us", tmp_path)
    unmended = "SELECT max(unmended) FROM outbox_comparison"
    eventually(lambda: count(up, "us", unmended) == 2, within_seconds=CATCH_UP_SECONDS)
    found = verify(up)
    assert ("silo org restore" in found.err, "--repair" in found.err) == (True, False)
    assert up.silo("org", "restore", "kept").code == 0
    assert up.silo("org", "release", "given-up", "--yes").code == 0
    await_equal(up)
    assert {"acme", "kept"} <= organizations(up)
    assert "given-up" not in organizations(up)
    later = project(up, "acme", "after-the-copy")
    assert int(later["id"]) > int(since["id"])
    assert later["dsn"] != since["dsn"]
    assert project(up, "kept", "first")["id"] > later["id"]


def test_an_organization_that_control_has_forgotten_is_taken_over_from_its_region(up: SiloUp, tmp_path: Path) -> None:
    copy(up, "control", tmp_path)
    assert up.silo("org", "create", "forgotten", "--region", "us").code == 0
    put_back(up, "control", tmp_path)
    refused = "SELECT count(*) FROM outbox WHERE state = 'parked'"
    eventually(lambda: count(up, "us", refused) == 1, within_seconds=CATCH_UP_SECONDS)
    found = verify(up)
    assert ("and control does not" in found.err, "makes it equal" in found.err) == (True, False)
    assert "forgotten" not in organizations(up)
    restored = up.silo("org", "restore", "forgotten", "--json")
    assert restored.json == {"slug": "forgotten", "region": "us"}
    await_equal(up)
    assert "forgotten" in organizations(up)
    assert up.silo("status", "--json").json["control"]["parked"] == 0


def test_a_region_that_is_given_up_leaves_nothing_behind(up: SiloUp) -> None:
    assert up.silo("org", "create", "globex", "--region", "de").code == 0
    up.lose("de")
    with up.api() as api:
        slug = create(api, "While de is away")
        api.put(f"/sentry-apps/{slug}/", json={"status": "published"}).raise_for_status()
    refused = up.silo("region", "remove", "de", "--yes")
    assert refused.code != 0
    assert "Organizations live in de: globex. `--release` gives them up with it." in refused.err
    removed = up.silo("region", "remove", "de", "--release", "--yes", "--json")
    assert removed.json == {"region": "de", "organizations": ["globex"], "removed": True}
    assert [each["name"] for each in up.silo("region", "list", "--json").json] == ["us"]
    assert "globex" not in organizations(up)
    tables = ("outbox", "outbox_destination", "outbox_comparison", "outbox_pause")
    left = " UNION ALL ".join(f"SELECT destination FROM {table}" for table in tables)
    of_de = f"SELECT count(*) FROM ({left}) AS seen WHERE destination = 'de'"
    eventually(lambda: count(up, "control", of_de) == 0, within_seconds=CATCH_UP_SECONDS)


def test_silo_up_replaces_a_region_whose_database_is_gone_once_it_is_told_to(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with silo_up(data) as up:
        with up.api() as api:
            slug = create(api, "Kanban")
        before = project(up, "acme", "before")
        threading.Event().wait(REPORT_SECONDS + 1)
        up.stop()
        for path in files_of(up, "us"):
            path.unlink(missing_ok=True)
    refused = run_silo("up", "--data", str(data), "--http-port", "0")
    assert (refused.code, refused.err.count("silo up --replace us")) == (2, 1)
    with silo_up(data, "--replace", "us") as up:
        await_equal(up)
        assert up.silo("app", "show", slug, "--json").code == 0
        assert int(project(up, "acme", "after")["id"]) > int(before["id"])
        assert up.silo("verify", "--deep").code == 0
