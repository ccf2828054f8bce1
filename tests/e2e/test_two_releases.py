"""An upgrade, silo by silo, through real processes: two releases go on side by side, whichever of them is the newer."""

import json
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.e2e.previous_release import unpack_previous_release
from tests.e2e.silo_up import APP_SERVICE, SiloUp, eventually, silo_up
from tests.e2e.test_lost_silos import CATCH_UP_SECONDS, comparer, create

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def upgrade(up: SiloUp, silo: str) -> None:
    """Puts today's release in place of the one that runs."""
    up.lose(silo)
    up.migrate(silo)
    up.start_by_hand(silo)


def use(up: SiloUp, name: str) -> None:
    """Writes at control and in both regions, and reads it where it has to arrive."""
    for region in ("us", "de"):
        organization = up.silo("org", "create", f"{name}-{region}", "--region", region, "--json")
        assert organization.code == 0, organization.err
    with up.api() as api:
        slug = create(api, name)
        api.put(f"/sentry-apps/{slug}/", json={"status": "published"}).raise_for_status()
        api.post("/organizations/acme/sentry-app-installations/", json={"slug": slug}).raise_for_status()
        api.post(f"/organizations/{name}-de/sentry-app-installations/", json={"slug": slug}).raise_for_status()
    with closing(comparer(up)) as compared:
        eventually(compared.digests_are_equal, within_seconds=CATCH_UP_SECONDS)
    for region in ("us", "de"):
        found = up.silo("rpc", region, f"{APP_SERVICE}/GetSentryAppBySlug", json.dumps({"slug": slug})).json
        assert (found["sentry_app"]["name"], found["sentry_app"]["status"]) == (name, "published")
        assert httpx.get(f"{up.place(region)['http']}/healthz", trust_env=False, timeout=5).is_success


def test_a_platform_is_upgraded_silo_by_silo_and_stays_one(tmp_path: Path) -> None:
    with silo_up(tmp_path / "data", code=unpack_previous_release(tmp_path / "previous")) as up:
        use(up, "before")
        # Regions are migrated before control, so that a newer region meets an older control, and then it is the other.
        for silo in ("us", "control", "de"):
            upgrade(up, silo)
            use(up, f"with-a-newer-{silo}")
            status = up.silo("status", "--json").json
            silos = [status["control"], *status["regions"].values()]
            assert [(each["parked"], each["breaker"]) for each in silos] == [(0, "closed")] * 3
        assert up.silo("verify", "--deep").code == 0
