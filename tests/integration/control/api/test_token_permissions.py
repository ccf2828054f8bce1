"""Who gets which status for an app's tokens, its secret and the audit log: role x endpoint x the app's status.

As ``test_permissions``, with what people do in a browser session; whoever shows a token instead is refused tokens.
"""

from collections.abc import Callable

import httpx
import pytest

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from shared.domain.scopes import Role
from tests.integration.control.api.world import Caller, World

CALLERS = ("nobody", "member", "admin", "manager", "owner", "stranger", "superuser", "staff", "token", "other_app")
"""``stranger`` owns globex; ``token`` is acme's owner with a token; ``other_app`` an app in acme."""

TABLE = """
                            nobody member admin manager owner stranger superuser staff token other_app
list tokens of internal     401    403    403   200     200   403      200       403   403   403
list tokens of unpublished  401    403    403   200     200   403      200       403   403   403
list tokens of published    401    403    403   200     200   403      200       403   403   403
make token of internal      401    403    403   201     201   403      201       403   403   403
make token of unpublished   401    403    403   403     403   403      403       403   403   403
delete token of internal    401    403    403   204     204   403      204       403   403   403
delete token of unpublished 401    403    403   403     403   403      403       403   403   403
rotate secret of internal   401    403    403   200     200   404      200       404   200   404
rotate secret of unpublished 401   403    403   200     200   404      200       404   200   404
rotate secret of published  401    403    403   200     200   404      200       404   200   404
read log after internal     401    403    403   200     200   403      200       403   200   200
"""


def rows() -> dict[str, dict[str, int]]:
    header, *lines = [line.split() for line in TABLE.splitlines() if line]
    assert tuple(header) == CALLERS
    count = len(CALLERS)
    return {" ".join(words[:-count]): dict(zip(CALLERS, map(int, words[-count:]), strict=True)) for words in lines}


def caller_named(world: World, name: str) -> Caller:
    callers: dict[str, Callable[[], Caller]] = {
        "nobody": lambda: world.nobody,
        "stranger": lambda: world.person(organization="globex", session=True),
        "superuser": lambda: world.person(None, session=True, superuser=True),
        "staff": lambda: world.person(None, session=True, staff=True),
        "token": world.person,
        "other_app": lambda: acting_app(world),
    }
    return callers[name]() if name in callers else world.person(Role(name), session=True)


def acting_app(world: World) -> Caller:
    app = world.app("Other", status="internal", scopes=["org:write"])
    return world.acting_as(app, world.installation_of(app))


def token_of(world: World, app: SentryApp) -> ApiToken:
    installation = world.installation_of(app) if app.is_internal else world.install(app)
    world.acting_as(app, installation)
    with world.control.database.session():
        return ApiToken.select().where(ApiToken.application == app.application_id).order_by(ApiToken.id.desc()).get()


def act(world: World, action: str, caller: Caller, app: SentryApp) -> httpx.Response:
    path = f"/sentry-apps/{app.slug}"
    actions: dict[str, Callable[[], httpx.Response]] = {
        "list": lambda: caller.get(f"{path}/api-tokens/"),
        "make": lambda: caller.post(f"{path}/api-tokens/"),
        "delete": lambda: caller.delete(f"{path}/api-tokens/{token_of(world, app).id}/"),
        "rotate": lambda: caller.post(f"{path}/rotate-secret/"),
        "read": lambda: caller.get("/organizations/acme/audit-logs/"),
    }
    return actions[action.split(maxsplit=1)[0]]()


@pytest.mark.parametrize("action", rows())
def test_every_caller_is_answered_as_the_table_says(world: World, action: str) -> None:
    app = world.app("Subject", status=action.rsplit(maxsplit=1)[-1])
    answers = {name: act(world, action, caller_named(world, name), app).status_code for name in CALLERS}
    assert answers == rows()[action]
