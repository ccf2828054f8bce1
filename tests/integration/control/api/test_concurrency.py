"""The same request twice at once: one effect, a clear answer, never a 500."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx

from control_silo.models.app import SentryApp, SentryAppAvatar
from control_silo.models.installation import SentryAppInstallation
from tests.integration.control.api.world import KANBAN, World
from tests.pictures import picture

TWINS = 4
LOGO = {"color": True, "avatar_type": "upload", "avatar_photo": picture()}


def at_once(call: Callable[[], httpx.Response]) -> list[httpx.Response]:
    barrier = Barrier(TWINS)

    def twin(_: int) -> httpx.Response:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(TWINS) as pool:
        return list(pool.map(twin, range(TWINS)))


def statuses(answers: list[httpx.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def test_an_app_installed_at_once_is_installed_once(world: World) -> None:
    world.app()
    owner = world.person()
    answers = at_once(lambda: owner.post("/organizations/acme/sentry-app-installations/", {"slug": "kanban"}))
    assert statuses(answers) == [200] * TWINS
    assert len({answer.json()["uuid"] for answer in answers}) == world.count(SentryAppInstallation) == 1


def test_a_name_wanted_at_once_is_given_once(world: World) -> None:
    owner = world.person()
    answers = at_once(lambda: owner.post("/sentry-apps/", KANBAN))
    assert statuses(answers) == [201, *[400] * (TWINS - 1)]
    assert world.count(SentryApp) == 1


def test_an_app_deleted_at_once_is_deleted_once(world: World) -> None:
    world.app()
    owner = world.person()
    assert statuses(at_once(lambda: owner.delete("/sentry-apps/kanban/"))) == [204, *[404] * (TWINS - 1)]


def test_an_installation_deleted_at_once_is_deleted_once(world: World) -> None:
    path = f"/sentry-app-installations/{world.install(world.app()).uuid}/"
    owner = world.person()
    assert statuses(at_once(lambda: owner.delete(path))) == [204, *[404] * (TWINS - 1)]


def test_an_address_wanted_at_once_is_given_once(world: World) -> None:
    root = world.superuser()
    body: dict[str, Any] = {"email": "jane@acme.example"}
    assert statuses(at_once(lambda: root.post("/users/", body))) == [201, *[409] * (TWINS - 1)]


def test_a_picture_set_at_once_is_there_once(world: World) -> None:
    world.app()
    owner = world.person()
    assert statuses(at_once(lambda: owner.put("/sentry-apps/kanban/avatar/", LOGO))) == [200] * TWINS
    assert world.count(SentryAppAvatar) == 1


def test_a_publication_asked_for_at_once_is_asked_for_once(world: World) -> None:
    world.app()
    owner = world.person()
    owner.put("/sentry-apps/kanban/avatar/", LOGO)
    answers = at_once(lambda: owner.post("/sentry-apps/kanban/publish-request/", {"questionnaire": []}))
    assert statuses(answers) == [201, *[400] * (TWINS - 1)]


def test_changes_at_once_all_succeed(world: World) -> None:
    world.app()
    owner = world.person()
    assert statuses(at_once(lambda: owner.put("/sentry-apps/kanban/", {"scopes": ["event:write"]}))) == [200] * TWINS
