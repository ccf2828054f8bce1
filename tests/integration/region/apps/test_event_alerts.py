"""Alert rules that an event meets, and what the apps that they name are told."""

from typing import Any

import pytest

from control_silo.models.app import SentryApp
from control_silo.models.region import OrganizationReplica
from region_silo.models.project import Project
from tests.http_silos import HttpSilos
from tests.integration.region.apps.test_alert_actions import SCHEMA
from tests.integration.region.apps.test_webhooks import HOOK, send
from tests.integration.region.apps.world import World
from tests.integration.third_party import ThirdPartyApp
from tests.silos import Silos, fresh

APP_ACTION = "sentry.rules.actions.notify_event_sentry_app.NotifyEventSentryAppAction"
SERVICE_ACTION = "sentry.rules.actions.notify_event_service.NotifyEventServiceAction"
FIRST_SEEN = "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"
EVERY = "sentry.rules.conditions.every_event.EveryEventCondition"
FREQUENT = "sentry.rules.conditions.event_frequency.EventFrequencyCondition"
REGRESSION = "sentry.rules.conditions.regression_event.RegressionEventCondition"
LEVEL = "sentry.rules.filters.level.LevelFilter"
SETTINGS = [{"name": "board", "value": "1"}]


class Alerting(World):
    """Whose apps have a form for alert rules."""

    def create_app(self, *, owner: OrganizationReplica | None = None, **fields: Any) -> SentryApp:
        return super().create_app(owner=owner, **{"schema": SCHEMA} | fields)


@pytest.fixture
def world(silos: Silos, http: HttpSilos, third_party: ThirdPartyApp) -> World:
    return Alerting(silos, http, third_party)


@pytest.fixture
def project(world: World) -> Project:
    world.third_party.answers(HOOK)
    return world.create_project("alerts")


def rule(world: World, project: Project, *conditions: str, action: Any = None, **fields: Any) -> dict[str, Any]:
    usual = {"id": APP_ACTION, "sentryAppInstallationUuid": world.installation.uuid, "settings": SETTINGS}
    body = {"name": "Tell", "conditions": [{"id": each} for each in conditions], "actions": [action or usual], **fields}
    answer = world.owner.post(f"/projects/{world.acme.slug}/{project.slug}/rules/", body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def event(world: World, project: Project, *, kind: str = "KeyError", **fields: Any) -> None:
    body = {"exception": {"values": [{"type": kind, "value": "'x'"}]}, **fields}
    path = f"/api/{project.id}/store/?sentry_key={project.public_key}"
    assert world.http.call("POST", "us", path, json=body).status_code == 200


def alerts(world: World) -> list[dict[str, Any]]:
    send(world)
    requests = [each for each in world.third_party.requests if each.headers["sentry-hook-resource"] == "event_alert"]
    assert all(request.is_signed(world.third_party.secret) for request in requests)
    return [request.json for request in requests]


def test_an_app_is_told_of_the_event_the_rule_and_what_the_user_entered(world: World, project: Project) -> None:
    made = rule(world, project, FIRST_SEEN)
    event(world, project, event_id="c" * 32)
    (body,) = alerts(world)
    assert (body["action"], body["actor"]["id"], body["data"]["triggered_rule"]) == ("triggered", "sentry", "Tell")
    assert body["data"]["issue_alert"] == {
        "id": int(made["id"]),
        "title": "Tell",
        "sentry_app_id": world.app.id,
        "settings": SETTINGS,
    }
    assert {"event_id", "issue_id", "title", "web_url", "datetime", "level", "platform", "version", "metadata"} <= set(
        body["data"]["event"]
    )


def test_an_app_without_a_form_is_named_by_its_slug(world: World, project: Project) -> None:
    rule(world, project, FIRST_SEEN, action={"id": SERVICE_ACTION, "service": world.app.slug})
    event(world, project)
    (body,) = alerts(world)
    assert "issue_alert" not in body["data"]


def test_a_rule_waits_its_frequency_for_each_issue(world: World, project: Project) -> None:
    rule(world, project, EVERY, frequency=5)
    for kind in ("KeyError", "KeyError", "TypeError"):
        event(world, project, kind=kind)
    assert len(alerts(world)) == 2
    world.silos.clock.advance(5 * 60)
    event(world, project)
    assert len(alerts(world)) == 3


@pytest.mark.parametrize(
    ("conditions", "fields", "expected"),
    [
        ((), {}, 1),
        ((FIRST_SEEN, EVERY), {}, 1),
        ((FREQUENT, EVERY), {}, 0),
        ((FREQUENT, EVERY), {"actionMatch": "any"}, 1),
        ((), {"actionMatch": "any"}, 1),
        ((FREQUENT,), {"actionMatch": "any"}, 0),
        ((FREQUENT,), {"actionMatch": "none"}, 0),
        ((FIRST_SEEN,), {"actionMatch": "none"}, 0),
        ((REGRESSION,), {"actionMatch": "none"}, 1),
        ((REGRESSION, EVERY), {}, 0),
        ((EVERY,), {"filters": [{"id": LEVEL}], "filterMatch": "none"}, 0),
        ((EVERY,), {"filters": [{"id": LEVEL}]}, 0),
        ((EVERY,), {"environment": "production"}, 1),
        ((EVERY,), {"environment": "staging"}, 0),
    ],
)
def test_a_rule_fires_when_its_conditions_are_met(
    world: World, project: Project, conditions: tuple[str, ...], fields: dict[str, Any], expected: int
) -> None:
    rule(world, project, *conditions, **fields)
    event(world, project, environment="production")
    assert len(alerts(world)) == expected


def test_an_app_that_is_not_installed_any_more_is_not_told(world: World, project: Project) -> None:
    rule(world, project, EVERY)
    path = f"/api/0/sentry-app-installations/{world.installation.uuid}/"
    assert world.http.call("DELETE", "control", path, token=world.owner.token).status_code == 204
    world.silos.replicate()
    event(world, project, kind=fresh("Gone"))
    assert alerts(world) == []
