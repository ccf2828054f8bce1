"""``silo verify`` on real processes: replicas that were damaged on disk are found, and repaired by the workers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.e2e.silo_up import SiloUp, silo_up

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiloUp]:
    with silo_up(tmp_path_factory.mktemp("platform") / "data") as up:
        yield up


def damage(up: SiloUp, region: str, *statements: str) -> None:
    with closing(sqlite3.connect(up.data / f"region-{region}.db", timeout=10)) as database:
        for statement in statements:
            assert database.execute(statement).rowcount > 0
        database.commit()


def test_damaged_replicas_are_found_and_made_equal(up: SiloUp) -> None:
    (up.data / "kanban.json").write_text(up.silo("app", "example").out)
    slug = up.silo("app", "create", str(up.data / "kanban.json"), "--json").json["slug"]
    up.silo("app", "install", slug)
    up.silo("app", "publish", slug, "--yes")
    equal = up.silo("verify", "--deep", "--json")
    assert (equal.code, equal.json["equal"]) == (0, True)
    damage(up, "us", "DELETE FROM app_replica", "UPDATE installation_replica SET version = 70, status = 0")
    damage(up, "de", "UPDATE app_replica SET checksum = x'00'")
    found = up.silo("verify", "--deep", "--json")
    kinds = {each["kind"] for side in found.json["comparisons"] for each in side["differing"]}
    assert (found.code, kinds) == (1, {"missing", "ahead", "altered"})
    repaired = up.silo("verify", "--deep", "--repair", "--json")
    assert (repaired.code, repaired.json["equal"]) == (0, True)
    assert up.silo("verify", "--deep").code == 0
