"""Alert rules: stored as they were given."""

from typing import Any

import pytest

from shared.domain.scopes import Role
from tests.integration.region.issues.world import World

APP_ACTION = {
    "id": "sentry.rules.actions.notify_event_sentry_app.NotifyEventSentryAppAction",
    "sentryAppInstallationUuid": "6e57b4d3-5a5c-4a0e-9a5a-6f2f9a4a9b1c",
    "settings": [{"name": "title", "value": "Look"}],
}
MAIL_ACTION = {"id": "sentry.mail.actions.NotifyEmailAction", "targetType": "IssueOwners"}
RULE: dict[str, Any] = {
    "name": "Tell Kanban",
    "actionMatch": "any",
    "filterMatch": "none",
    "frequency": 5,
    "conditions": [{"id": "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"}],
    "filters": [],
    "actions": [MAIL_ACTION],
    "environment": None,
}


def test_a_rule_is_stored_whole(world: World) -> None:
    made = world.owner.post(f"/projects/{world.org}/web/rules/", RULE)
    assert made.status_code == 200
    assert made.json().items() >= RULE.items()
    assert world.owner.get(f"/projects/{world.org}/web/rules/{made.json()['id']}/").json() == made.json()
    assert world.owner.get(f"/projects/{world.org}/web/rules/").json() == [made.json()]


def test_a_rule_may_leave_out_all_but_its_name_and_its_actions(world: World) -> None:
    made = world.owner.post(f"/projects/{world.org}/web/rules/", {"name": "n", "actions": [MAIL_ACTION]}).json()
    assert (made["actionMatch"], made["frequency"], made["conditions"]) == ("all", 30, [])


def test_a_rule_is_deleted(world: World) -> None:
    path = f"/projects/{world.org}/web/rules/"
    rule = world.owner.post(path, RULE).json()
    assert world.owner.delete(f"{path}{rule['id']}/").status_code == 204
    assert world.owner.delete(f"{path}{rule['id']}/").status_code == 404
    assert world.owner.get(f"{path}{rule['id']}/").status_code == 404


def test_a_rule_belongs_to_its_project(world: World) -> None:
    world.project("api")
    rule = world.owner.post(f"/projects/{world.org}/web/rules/", RULE).json()
    assert world.owner.get(f"/projects/{world.org}/api/rules/{rule['id']}/").status_code == 404


def test_a_member_makes_rules(world: World) -> None:
    assert world.person(Role.MEMBER).post(f"/projects/{world.org}/web/rules/", RULE).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 257}, "name"),
        ({"name": "\x00"}, "name"),
        ({"actions": []}, "actions"),
        ({"actions": {}}, "actions"),
        ({"actions": [{}]}, "actions"),
        ({"actions": [{"id": 7}]}, "actions"),
        ({"actions": ["x"]}, "actions"),
        ({"actions": [APP_ACTION | {"sentryAppInstallationUuid": None}]}, "actions"),
        ({"actions": [APP_ACTION | {"settings": "x"}]}, "actions"),
        ({"actions": [APP_ACTION] * 101}, "actions"),
        ({"conditions": [[]]}, "conditions"),
        ({"filters": 3}, "filters"),
        ({"actionMatch": "most"}, "actionMatch"),
        ({"filterMatch": []}, "filterMatch"),
        ({"frequency": 4}, "frequency"),
        ({"frequency": 10**400}, "frequency"),
        ({"frequency": "soon"}, "frequency"),
        ({"environment": []}, "environment"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_field(world: World, change: dict[str, Any], field: str) -> None:
    answer = world.owner.post(f"/projects/{world.org}/web/rules/", RULE | change)
    assert answer.status_code == 400
    assert set(answer.json()) == {field}


def test_a_rule_without_actions_would_never_do_anything(world: World) -> None:
    answer = world.owner.post(f"/projects/{world.org}/web/rules/", {"name": "n"})
    assert answer.json() == {"actions": ["You must add an action for this alert to fire."]}
