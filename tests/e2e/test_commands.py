"""The commands against real processes: what a person copies from the screen works."""

import json
import resource
from collections.abc import Iterator

import httpx
import pytest
import sentry_sdk

from tests.e2e.silo_up import APP_SERVICE, SiloUp, silo_up

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiloUp]:
    with silo_up(tmp_path_factory.mktemp("platform") / "data") as up:
        yield up


def test_the_life_of_an_app_from_a_terminal(up: SiloUp) -> None:
    (up.data / "kanban.json").write_text(up.silo("app", "example").out)
    slug = up.silo("app", "create", str(up.data / "kanban.json"), "--json").json["slug"]
    assert up.silo("app", "install", slug, "--json").json["status"] == "pending"
    assert slug in up.silo("app", "show", slug).out
    assert up.silo("app", "uninstall", slug, "--yes").code == 0
    assert up.silo("app", "delete", slug, "--yes").code == 0


def test_an_app_is_read_in_its_region_right_after_it_was_made(up: SiloUp) -> None:
    slug = up.silo("app", "create", _manifest(up, "Fresh"), "--json").json["slug"]
    answer = up.silo("rpc", "us", f"{APP_SERVICE}/GetSentryAppBySlug", json.dumps({"slug": slug}))
    assert answer.json["sentry_app"]["name"] == "Fresh"


def test_a_platform_can_be_used_without_its_file(up: SiloUp) -> None:
    token = up.topology["users"]["superuser"]["token"]
    where = ("--control", up.topology["control"]["http"], "--token", token)
    assert up.silo("org", "create", "remote", "--region", "de", "--json", *where).json["region"] == "de"


def test_a_project_takes_the_events_of_a_real_sdk_and_shows_them_as_issues(up: SiloUp) -> None:
    made = up.silo("project", "create", "acme", "web", "--json").json
    assert up.silo("project", "show", "acme", "web", "--json").json == made
    assert made in up.silo("project", "list", "acme", "--json").json
    client = sentry_sdk.Client(dsn=made["dsn"], default_integrations=False)
    client.capture_event({"message": "It broke", "level": "error"})
    client.close(timeout=10)
    owner = {"Authorization": f"Bearer {up.topology['users']['owner']['token']}"}
    issues = httpx.get(f"{up.topology['control']['http']}/api/0/organizations/acme/issues/", headers=owner).json()
    assert [(issue["shortId"], issue["title"]) for issue in issues] == [("WEB-1", "It broke")]


def test_a_project_that_exists_is_explained(up: SiloUp) -> None:
    up.silo("project", "create", "acme", "twice")
    again = up.silo("project", "create", "acme", "twice", "--json")
    assert (again.code, again.out) == (1, "")
    assert "already exists" in again.err


def test_a_call_costs_little_enough_for_loops(up: SiloUp) -> None:
    before = children_processor_seconds()
    assert up.silo("rpc", "us", "grpc.health.v1.Health/Check").json == {"status": "SERVING"}
    assert children_processor_seconds() - before < 5  # what else the machine has to do does not count


def children_processor_seconds() -> float:
    """Of all programs that this process has run and waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _manifest(up: SiloUp, name: str) -> str:
    path = up.data / f"{name}.json"
    path.write_text(json.dumps(json.loads(up.silo("app", "example").out) | {"name": name}))
    return str(path)
