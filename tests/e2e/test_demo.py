"""`silo demo` ends well, and says so."""

from pathlib import Path

import pytest

from tests.e2e.silo_up import run_silo

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_the_story_ends_with_every_replica_equal(tmp_path: Path) -> None:
    ended = run_silo("demo", "--apps", "30", "--json", "--data", str(tmp_path), timeout_seconds=110)
    assert ended.code == 0, ended.err
    assert (ended.json["equal"], ended.json["written"], ended.json["lost_region"]) == (True, 30, "de")
    assert {each["category"] for each in ended.json["comparisons"]} == {
        "app",
        "credential",
        "installation",
        "token",
        "organization",
    }
    assert [path.name.startswith("demo-") for path in tmp_path.iterdir()] == [True]
