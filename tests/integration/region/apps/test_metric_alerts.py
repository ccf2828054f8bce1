"""Metric alerts: rules of how many events are too many, and what the apps that they name are told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from region_silo.models.metric_rule import MetricCount, MetricRule
from region_silo.models.project import Project
from region_silo.services.metric_alert import Level
from region_silo.services.metric_firing import MetricWatch, level_of
from region_silo.services.metric_rules import MAX_RULES_PER_PROJECT
from tests.http_silos import HttpSilos
from tests.integration.region.apps.test_event_alerts import SETTINGS, Alerting, event
from tests.integration.region.apps.test_webhooks import HOOK, send
from tests.integration.region.apps.world import World
from tests.integration.third_party import ThirdPartyApp
from tests.silos import Silos

MINUTE = 60


@pytest.fixture
def world(silos: Silos, http: HttpSilos, third_party: ThirdPartyApp) -> World:
    third_party.answers(HOOK)
    return Alerting(silos, http, third_party)


@pytest.fixture
def project(world: World) -> Project:
    return world.create_project("metrics")


def action(world: World, **fields: Any) -> dict[str, Any]:
    named = {"sentryAppInstallationUuid": world.installation.uuid, "settings": SETTINGS}
    return {"type": "sentry_app", "targetType": "sentry_app", **named, **fields}


def body(world: World, project: Project, *thresholds: int, **fields: Any) -> dict[str, Any]:
    triggers = [
        {"label": label, "alertThreshold": threshold, "actions": [action(world)]}
        for label, threshold in zip(("critical", "warning"), thresholds, strict=False)
    ]
    return {"name": "Many", "projects": [project.slug], "timeWindow": 10, "triggers": triggers, **fields}


def post(world: World, sent: dict[str, Any]) -> Any:
    return world.owner.post(f"/organizations/{world.acme.slug}/alert-rules/", sent)


def alerts(world: World) -> list[str]:
    """The actions that the app was told, oldest first."""
    send(world)
    requests = [each for each in world.third_party.requests if each.headers["sentry-hook-resource"] == "metric_alert"]
    assert all(request.is_signed(world.third_party.secret) for request in requests)
    return [request.json["action"] for request in requests]


def come_in(world: World, project: Project, times: int) -> None:
    for _ in range(times):
        event(world, project)


def later(world: World, minutes: int) -> None:
    world.silos.clock.advance(minutes * MINUTE)
    MetricWatch(world.region).look()


def test_an_app_is_told_of_the_incident_with_its_rule_and_what_the_user_entered(world: World, project: Project) -> None:
    rule = post(world, body(world, project, 2)).json()
    come_in(world, project, 3)
    assert alerts(world) == ["critical"]
    told = world.third_party.requests[-1].json
    assert (told["actor"]["id"], told["installation"]) == ("sentry", {"uuid": world.installation.uuid})
    incident = told["data"]["metric_alert"]
    assert (told["data"]["description_text"], told["data"]["description_title"]) == (
        "3 events in the last 10 minutes",
        "Critical: Many",
    )
    assert (incident["status"], incident["projects"], incident["date_closed"]) == (20, [project.slug], None)
    assert incident["alert_rule"]["id"] == rule["id"]
    [named] = incident["alert_rule"]["triggers"][0]["actions"]
    assert (named["sentry_app_installation_uuid"], named["settings"]) == (world.installation.uuid, SETTINGS)
    assert named["sentry_app_id"] == world.app.id


def test_each_level_is_told_once_and_the_end_when_nothing_comes_in_any_more(world: World, project: Project) -> None:
    post(world, body(world, project, 3, 1))
    come_in(world, project, 2)
    assert alerts(world) == ["warning"]
    come_in(world, project, 4)
    assert alerts(world) == ["warning", "critical"]
    later(world, 9)
    assert alerts(world) == ["warning", "critical"]
    later(world, 1)
    later(world, 30)
    assert alerts(world) == ["warning", "critical", "resolved"]
    incident = world.third_party.requests[-1].json["data"]["metric_alert"]
    assert (incident["status"], bool(incident["date_closed"])) == (2, True)


def test_the_next_incident_is_another_one(world: World, project: Project) -> None:
    post(world, body(world, project, 0))
    for _ in range(2):
        come_in(world, project, 1)
        alerts(world)  # one after the other: only what tells of an issue is sent in order
        later(world, 11)
    assert alerts(world) == ["critical", "resolved"] * 2
    requests = [each for each in world.third_party.requests if each.headers["sentry-hook-resource"] == "metric_alert"]
    incidents = [request.json["data"]["metric_alert"]["id"] for request in requests]
    assert incidents[0] == incidents[1] != incidents[2] == incidents[3]


def test_events_of_another_project_and_of_long_ago_do_not_count(world: World, project: Project) -> None:
    rule = post(world, body(world, project, 2)).json()
    come_in(world, world.create_project("other"), 5)
    come_in(world, project, 2)
    later(world, 10)
    come_in(world, project, 2)
    assert alerts(world) == []
    with world.region.database.session():
        counts = MetricCount.select().where(MetricCount.rule_id == int(rule["id"]))
        assert counts.count() == 1  # what is over is forgotten


def test_of_events_at_once_one_crosses_the_threshold(world: World, project: Project) -> None:
    post(world, body(world, project, 4))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: event(world, project, kind=f"Error{number}"), range(12)))
    assert alerts(world) == ["critical"]


def test_an_app_that_is_not_installed_any_more_is_not_told(world: World, project: Project) -> None:
    post(world, body(world, project, 0))
    path = f"/api/0/sentry-app-installations/{world.installation.uuid}/"
    assert world.http.call("DELETE", "control", path, token=world.owner.token).status_code == 204
    world.silos.replicate()
    come_in(world, project, 1)
    assert alerts(world) == []


@pytest.mark.parametrize(
    ("critical", "warning", "resolve", "status", "events", "level"),
    [
        (10, None, None, Level.OK, 10, Level.OK),
        (10, None, None, Level.OK, 11, Level.CRITICAL),
        (10, None, None, Level.CRITICAL, 10, Level.OK),
        (10, None, 3, Level.CRITICAL, 4, Level.CRITICAL),
        (10, None, 3, Level.CRITICAL, 3, Level.OK),
        (10, 5, None, Level.CRITICAL, 7, Level.WARNING),
        (10, 5, 3, Level.CRITICAL, 4, Level.WARNING),
        (10, 5, 3, Level.OK, 4, Level.OK),
        (10, 5, 3, Level.OK, 6, Level.WARNING),
    ],
)
def test_a_level_is_left_where_the_rule_says(
    critical: int, warning: int | None, resolve: int | None, status: Level, events: int, level: Level
) -> None:
    triggers = [{"label": "critical", "alert_threshold": critical}]
    triggers += [] if warning is None else [{"label": "warning", "alert_threshold": warning}]
    assert level_of(MetricRule(triggers=triggers, resolve_threshold=resolve, status=status), events) is level


def test_a_rule_is_read_changed_as_it_was_read_and_deleted(world: World, project: Project) -> None:
    made = post(world, body(world, project, 5, 2, resolveThreshold=1))
    assert made.status_code == 201
    path = f"/organizations/{world.acme.slug}/alert-rules/"
    own = f"{path}{made.json()['id']}/"
    assert world.owner.get(own).json() == world.owner.get(path).json()[0] == made.json()
    changed = world.owner.call("PUT", own, json=made.json() | {"name": "More", "timeWindow": 60}).json()
    assert (changed["name"], changed["timeWindow"], changed["triggers"]) == ("More", 60, made.json()["triggers"])
    assert (world.owner.delete(own).status_code, world.owner.delete(own).status_code) == (204, 404)


Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda sent: sent.update(aggregate="p95(transaction.duration)"), "aggregate"),
        (lambda sent: sent.update(dataset="transactions"), "dataset"),
        (lambda sent: sent.update(query="is:unresolved"), "query"),
        (lambda sent: sent.update(thresholdType=1), "thresholdType"),
        (lambda sent: sent.update(environment="production"), "environment"),
        (lambda sent: sent.update(projects=[]), "projects"),
        (lambda sent: sent.update(projects=["metrics", "web"]), "projects"),
        (lambda sent: sent.update(projects=["nowhere"]), "projects"),
        (lambda sent: sent.update(timeWindow=0), "timeWindow"),
        (lambda sent: sent.update(triggers=[]), "triggers"),
        (lambda sent: sent["triggers"].reverse(), "triggers"),
        (lambda sent: sent["triggers"][1].update(alertThreshold=5), "triggers"),
        (lambda sent: sent["triggers"][0].update(alertThreshold=-1), "triggers"),
        (lambda sent: sent["triggers"][0]["actions"][0].update(type="email"), "triggers"),
        (lambda sent: sent["triggers"][0]["actions"][0].update(sentryAppInstallationUuid="another"), "triggers"),
        (lambda sent: sent["triggers"][0]["actions"][0].update(settings=[{"name": "no field", "value": 1}]), "actions"),
        (lambda sent: sent.update(resolveThreshold=3), "resolveThreshold"),
    ],
)
def test_what_could_not_be_measured_or_told_is_refused(
    world: World, project: Project, change: Change, field: str
) -> None:
    sent = body(world, project, 5, 2)
    change(sent)
    answer = post(world, sent)
    assert (answer.status_code, [*answer.json()]) == (400, [field])


def test_an_app_is_named_by_its_id_as_well(world: World, project: Project) -> None:
    sent = body(world, project, 5)
    sent["triggers"][0]["actions"] = [{"type": "sentry_app", "targetIdentifier": str(world.app.id)}]
    [named] = post(world, sent).json()["triggers"][0]["actions"]
    assert named["sentryAppInstallationUuid"] == world.installation.uuid


def test_an_app_agrees_to_the_form_that_was_filled_in(world: World, project: Project) -> None:
    world.third_party.answers("/alert", status=400, json={"message": "No such board."})
    sent = body(world, project, 5)
    sent["triggers"][0]["actions"] = [action(world, hasSchemaFormConfig=True)]
    assert "No such board." in post(world, sent).text
    world.third_party.answers("/alert", json={})
    assert post(world, sent).status_code == 201


def test_a_project_has_only_so_many(world: World, project: Project) -> None:
    for _ in range(MAX_RULES_PER_PROJECT):
        assert post(world, body(world, project, 5)).status_code == 201
    assert post(world, body(world, project, 5)).status_code == 400
