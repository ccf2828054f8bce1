"""docker-compose.yml keeps its promises: replicas in both regions, a lost region catches up, nothing leaks."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.compose.topology import IMAGE, Topology, eventually

pytestmark = [pytest.mark.compose, pytest.mark.slow, pytest.mark.timeout(1_200)]

APP = {
    "name": "Acme Kanban",
    "author": "Acme",
    "webhookUrl": "https://kanban.acme.example/webhook",
    "verifyInstall": False,
    "scopes": ["event:read", "event:write", "project:read"],
    "events": ["issue", "comment"],
}


@dataclass(frozen=True)
class Installed:
    """An app that everybody may install, installed for one organization in each region."""

    slug: str
    organization_ids: dict[str, int]


@pytest.fixture(scope="module")
def installed(topology: Topology) -> Installed:
    """Acme Kanban, owned in us, published, installed in us and in de."""
    ids = {region: _organization(topology, region) for region in ("us", "de")}
    slug = topology.rest("POST", "/sentry-apps/", {**APP, "organization": "us-shop"})["slug"]
    topology.rest("PUT", f"/sentry-apps/{slug}/", {**APP, "status": "published"})
    for region in ids:
        topology.rest("POST", f"/organizations/{region}-shop/sentry-app-installations/", {"slug": slug})
    return Installed(slug, ids)


@pytest.mark.parametrize("region", ["us", "de"])
def test_an_installed_app_is_read_in_every_region(topology: Topology, installed: Installed, region: str) -> None:
    organization_id = installed.organization_ids[region]
    eventually(lambda: topology.installed(region, organization_id) == [installed.slug], within_seconds=15)
    assert topology.app(region, installed.slug)["name"] == "Acme Kanban"


def test_a_lost_region_delays_no_other_and_catches_up_when_it_returns(topology: Topology, installed: Installed) -> None:
    topology.lose("de")
    for number in range(1, 51):
        topology.rest("PUT", f"/sentry-apps/{installed.slug}/", {"name": f"Acme Kanban {number}"})
    eventually(lambda: topology.app("us", installed.slug)["name"] == "Acme Kanban 50", within_seconds=15)
    topology.bring_back("de")
    eventually(lambda: topology.app("de", installed.slug)["name"] == "Acme Kanban 50", within_seconds=15)
    assert topology.app("de", installed.slug) == topology.app("us", installed.slug)


@pytest.mark.parametrize("service", ["control", "control-worker", "us", "de"])
def test_no_process_runs_as_root(topology: Topology, service: str) -> None:
    assert topology.compose.run("exec", "-T", service, "id", "-u").strip() != "0"


@pytest.mark.parametrize("installer", ["pip", "setuptools", "ensurepip"])
def test_the_image_holds_no_installer(topology: Topology, installer: str) -> None:
    look = f"find / -xdev -type d -name {installer} 2>/dev/null; true"
    assert topology.compose.run("exec", "-T", "control", "sh", "-c", look) == ""


@pytest.mark.parametrize("file", ["control.env", "us-db.env", "operator.env"])
def test_the_image_holds_no_secret(topology: Topology, file: str) -> None:
    secret = (Path(topology.compose.environment["SILO_ENV"]) / file).read_text().splitlines()[0]
    image = ["docker", "history", "--no-trunc", IMAGE], ["docker", "image", "inspect", IMAGE]
    told = [subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stdout for asked in image]
    assert secret.rpartition("=")[2] not in "".join(told)


def _organization(topology: Topology, region: str) -> int:
    return int(topology.silo("org", "create", f"{region}-shop", "--region", region, "--json")["id"])
