"""A platform that runs is kept, goes on, and goes back."""

from pathlib import Path

import pytest

from tests.e2e.silo_up import run_silo, silo_up

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_running_platform_is_kept_and_gone_back_to(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with silo_up(data) as up:
        up.silo("org", "create", "before", "--region", "us")
        assert up.silo("snapshot", "save", "point").code == 0
        up.silo("org", "create", "after", "--region", "us")
    assert run_silo("snapshot", "load", "point", "--yes", "--data", str(data)).code == 0
    with silo_up(data) as up:
        slugs = [each["slug"] for each in up.silo("org", "list", "--json").json]
        assert ("before" in slugs, "after" in slugs) == (True, False)
        # An id that the lost time gave out is nobody's problem: a whole platform went back together.
        assert up.silo("verify", "--deep", "--wait", "30").code == 0
