from typing import Any

import pytest

from control_silo.services.update_app import SentryAppUpdater
from tests.integration.control.api.world import KANBAN, World

ISSUE_LINK: dict[str, Any] = {
    "type": "issue-link",
    "link": {"uri": "/link", "required_fields": [{"type": "text", "name": "card", "label": "Card"}]},
    "create": {"uri": "/new", "required_fields": [{"type": "text", "name": "title", "label": "Title"}]},
}
STACKTRACE_LINK: dict[str, Any] = {"type": "stacktrace-link", "uri": "/code"}


def test_features_are_listed_with_their_gates(world: World) -> None:
    app = world.app("Kanban")
    SentryAppUpdater(features=[1, 0]).run(world.control, app_id=app.id, is_elevated=False)
    answer = world.person().get("/sentry-apps/kanban/features/")
    assert answer.json() == [
        {
            "featureId": 0,
            "featureGate": "integrations-api",
            "description": "Kanban can **utilize the Sentry API** to pull data or update resources in Sentry "
            "(with permissions granted, of course).",
        },
        {
            "featureId": 1,
            "featureGate": "integrations-issue-link",
            "description": "Organizations can **create or link Sentry issues** to another service.",
        },
    ]
    assert 'rel="next"; results="false"' in answer.headers["link"]


def test_an_internal_app_has_features_too(world: World) -> None:
    app = world.app("Bot", status="internal")
    assert [each["featureId"] for each in world.person().get(f"/sentry-apps/{app.slug}/features/").json()] == [0]


def test_components_are_listed_as_the_schema_has_them(world: World) -> None:
    owner = world.person()
    app = owner.post("/sentry-apps/", {**KANBAN, "schema": {"elements": [ISSUE_LINK, STACKTRACE_LINK]}}).json()
    listed = owner.get("/sentry-apps/acme-kanban/components/").json()
    assert [len(each.pop("uuid")) for each in listed] == [36, 36]
    about_app = {"uuid": app["uuid"], "slug": "acme-kanban", "name": "Acme Kanban", "avatars": []}
    assert listed == [
        {"type": "issue-link", "schema": ISSUE_LINK, "error": "", "sentryApp": about_app},
        {"type": "stacktrace-link", "schema": STACKTRACE_LINK, "error": "", "sentryApp": about_app},
    ]


@pytest.mark.parametrize("part", ["features", "components"])
def test_parts_come_in_pages(world: World, part: str) -> None:
    schema = {"elements": [ISSUE_LINK, STACKTRACE_LINK]}
    app = world.app("Kanban", schema=schema, scopes=["event:write"])
    SentryAppUpdater(features=[0, 1]).run(world.control, app_id=app.id, is_elevated=False)
    owner = world.person()
    everything = owner.get(f"/sentry-apps/kanban/{part}/").json()
    first = owner.get(f"/sentry-apps/kanban/{part}/?per_page=1")
    second = owner.get(f"/sentry-apps/kanban/{part}/?per_page=1&cursor={first.links['next']['cursor']}")
    assert first.json() + second.json() == everything
    assert (first.links["next"]["results"], second.links["next"]["results"]) == ("true", "false")


@pytest.mark.parametrize("part", ["features", "components", "avatar", "stats"])
def test_parts_of_an_unknown_app_are_not_found(world: World, part: str) -> None:
    answer = world.person().get(f"/sentry-apps/nothing/{part}/")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Could not find the requested sentry app"})
