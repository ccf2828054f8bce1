"""A manager of the organization that owns an app which may do more than they: the app's secrets are not theirs."""

from typing import Any

import pytest

from control_silo.models.app import SentryApp
from shared.domain.headers import MASKED_VALUE
from shared.domain.scopes import Role
from tests.integration.control.api.world import Caller, World

URL = "https://me:password@kanban.example/hook"
SHOWN_URL = "https://kanban.example/hook"
MASKED = [f"X-Key: {MASKED_VALUE}"]


@pytest.fixture
def app(world: World) -> SentryApp:
    return world.app("Kanban", scopes=["org:admin"], webhook_url=URL, webhook_headers=["X-Key: secret"])


@pytest.fixture
def manager(world: World, app: SentryApp) -> Caller:
    return world.person(Role.MANAGER)


def change(caller: Caller, **body: Any) -> Any:
    answer = caller.put("/sentry-apps/kanban/", body)
    return answer.json() if answer.status_code == 400 else answer.status_code


def stored(world: World) -> tuple[str | None, list[str]]:
    with world.control.database.session():
        app = SentryApp.get(SentryApp.slug == "kanban")
        return app.webhook_url, app.webhook_headers


def test_a_url_s_password_is_shown_to_whom_the_headers_are(world: World, manager: Caller) -> None:
    seen = [caller.get("/sentry-apps/kanban/").json() for caller in (manager, world.person(Role.OWNER))]
    assert [(each["webhookUrl"], each["webhookHeaders"]) for each in seen] == [
        (SHOWN_URL, MASKED),
        (URL, ["X-Key: secret"]),
    ]


@pytest.mark.parametrize(
    "url", ["https://evil.example/hook", "http://kanban.example/hook", "https://kanban.example:8/"]
)
def test_headers_that_one_may_not_see_go_to_no_other_origin(world: World, manager: Caller, url: str) -> None:
    assert change(manager, webhookUrl=url).keys() == {"webhookHeaders"}
    assert change(manager, webhookUrl=url, webhookHeaders=MASKED).keys() == {"webhookHeaders"}
    assert stored(world) == (URL, ["X-Key: secret"])


def test_headers_may_be_entered_anew_or_dropped_for_another_origin(world: World, manager: Caller) -> None:
    assert change(manager, webhookUrl="https://new.example/", webhookHeaders=["X-Key: mine"]) == 200
    assert stored(world) == ("https://new.example/", ["X-Key: mine"])
    assert change(manager, webhookUrl="https://newer.example/", webhookHeaders=[]) == 200
    assert stored(world) == ("https://newer.example/", [])


def test_headers_go_to_no_other_origin_in_two_steps(world: World, manager: Caller) -> None:
    with world.control.database.transaction():
        SentryApp.update(webhook_url=None).execute()
    world.mend_editions()
    assert change(manager, webhookUrl="https://evil.example/").keys() == {"webhookHeaders"}


def test_an_app_can_be_sent_back_as_it_was_read(world: World, manager: Caller) -> None:
    assert change(manager, webhookUrl=SHOWN_URL, webhookHeaders=MASKED, overview="New") == 200
    assert stored(world) == (URL, ["X-Key: secret"])


def test_another_path_of_the_same_origin_keeps_the_headers(world: World, manager: Caller) -> None:
    assert change(manager, webhookUrl="https://kanban.example/other") == 200
    assert stored(world) == ("https://kanban.example/other", ["X-Key: secret"])


def test_who_sees_the_headers_may_send_them_anywhere(world: World, app: SentryApp) -> None:
    assert change(world.person(Role.OWNER), webhookUrl="https://other.example/") == 200
    assert stored(world) == ("https://other.example/", ["X-Key: secret"])
