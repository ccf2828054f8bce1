import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from starlette.requests import Request

from control_silo.api.application import list_endpoints
from control_silo.models.region import OrganizationReplica
from shared.outbox.enqueue import enqueue
from tests.integration.control.api.conftest import Stage
from tests.integration.control.api.world import KANBAN, World, open_world


def metrics(world: World) -> str:
    return world.client.get("/metrics").text


def test_a_silo_with_its_database_is_ready(world: World) -> None:
    answer = world.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_silo_without_its_tables_is_not(world: World) -> None:
    with world.control.database.transaction():
        world.control.database.rows("ALTER TABLE region RENAME TO lost")
    assert world.client.get("/readyz").status_code == 503
    assert world.client.get("/healthz").status_code == 200  # it lives: starting it again would mend nothing
    answer = world.nobody.get("/users/me/regions/", headers={"authorization": "Bearer x"})
    assert answer.status_code == 401


def test_a_silo_whose_database_file_is_gone_is_not(tmp_path: Path, stage: Stage, client: httpx.Client) -> None:
    with open_world(f"sqlite:///{tmp_path / 'control.db'}", client=client) as world:
        stage.application = world.application
        (tmp_path / "control.db").rename(tmp_path / "moved.db")
        answer = client.get("/readyz")
        (tmp_path / "moved.db").rename(tmp_path / "control.db")  # what is checked at the end reads it
        assert (answer.status_code, answer.json()["detail"]) == (503, "The database file is gone.")


def test_the_age_of_the_oldest_message_grows_while_nothing_succeeds(world: World) -> None:
    gauge = 'silo_outbox_oldest_age_seconds{category="app",destination="us"}'
    assert f"{gauge} 0.0" in metrics(world)
    with world.control.database.transaction() as tx:
        enqueue(tx, "app", [1], destinations=["us"])
    world.clock.advance(7)
    assert f"{gauge} 7.0" in metrics(world)


def test_control_has_no_age_of_what_regions_own(world: World) -> None:
    categories = re.findall(r'silo_outbox_oldest_age_seconds{category="(\w+)",destination="us"}', metrics(world))
    assert categories == ["app", "credential", "installation", "token"]


def test_the_other_metrics_are_there_while_the_outbox_cannot_be_read(world: World) -> None:
    with world.control.database.transaction():
        world.control.database.rows("ALTER TABLE outbox RENAME TO lost")
    world.nobody.get("/sentry-apps/some-slug/")
    answer = world.client.get("/metrics")
    assert answer.status_code == 200
    assert "silo_http_requests_total{" in answer.text
    assert "silo_outbox_oldest_age_seconds{" not in answer.text


def test_requests_are_counted_by_route_and_never_by_path(world: World) -> None:
    world.nobody.get("/sentry-apps/some-slug/")
    world.nobody.get("/invented/")
    text = metrics(world)
    route = 'route="/api/0/sentry-apps/{app_id_or_slug}/",status="401"'
    assert f'silo_http_requests_total{{method="GET",{route}}} 1.0' in text
    assert "some-slug" not in text
    assert "invented" not in text


def test_there_is_every_metric_and_no_other(world: World) -> None:
    world.nobody.get("/sentry-apps/some-slug/")
    assert set(re.findall(r"^# TYPE (\S+)", metrics(world), flags=re.MULTILINE)) == {
        "silo_clock_skew_seconds",
        "silo_http_requests_total",
        "silo_http_requests_created",
        "silo_http_request_seconds",
        "silo_http_request_seconds_created",
        "silo_outbox_oldest_age_seconds",
        "silo_clock_seconds",
        "silo_missing_migrations",
        "silo_comparisons_total",
        "silo_differences_found_total",
        "silo_differences_mended_total",
    }


def test_an_unexpected_exception_shows_an_id_and_logs_the_rest(world: World) -> None:
    def fail(request: Request) -> None:
        raise RuntimeError("secret of the house")

    world.application.add_api_route("/api/0/fail/", fail, methods=["GET"], response_model=None)
    with structlog.testing.capture_logs() as logs:
        answer = world.person().get("/fail/")
    body = answer.json()
    assert (answer.status_code, body["detail"]) == (500, "Internal Error")
    assert "secret" not in answer.text
    assert [line["request_id"] for line in logs] == [body["errorId"]]


def test_no_log_line_holds_a_secret(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    owner = world.person()
    secrets = [owner.headers["authorization"].removeprefix("Bearer ")]
    created = owner.post("/sentry-apps/", {**KANBAN, "webhookHeaders": ["X-Key: hush"]}).json()
    secrets += ["hush", created["clientSecret"]]
    with world.control.database.transaction():
        world.control.database.rows(f"ALTER TABLE {OrganizationReplica._meta.table_name} RENAME TO lost")
    owner.put("/sentry-apps/acme-kanban/", created)
    output = "".join(capsys.readouterr())
    assert not [secret for secret in secrets if secret in output]


def test_the_documentation_describes_every_endpoint(world: World) -> None:
    document: dict[str, Any] = world.client.get("/openapi.json").json()
    described = {(path, method) for path, operations in document["paths"].items() for method in operations}
    assert described == {(f"/api/0{each.path}", each.method.lower()) for each in list_endpoints()}


def test_the_page_of_the_documentation_needs_nothing_from_elsewhere(world: World) -> None:
    for path in ("/docs", "/docs/"):
        page = world.client.get(path)
        needed = re.findall(r'(?:src|href)="([^"]*)"', page.text)
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert len(needed) == 3
        assert {world.client.get(url).status_code for url in needed if url.startswith("/docs/assets/")} == {200}
        assert "//" not in "".join(needed)


def test_every_reference_in_the_documentation_leads_somewhere(world: World) -> None:
    text = world.client.get("/openapi.json").text
    names = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert names
    assert names <= set(world.client.get("/openapi.json").json()["components"]["schemas"])
