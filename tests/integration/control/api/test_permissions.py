"""Who gets which status: role x endpoint x the app's status (spec §7), as one table.

A cell is what a caller is answered who does the thing to an app that acme owns and that globex has installed. There is
nothing to redeliver: whoever may is answered 404.
"""

import itertools
from collections.abc import Callable

import httpx
import pytest

from control_silo.api.application import list_endpoints
from control_silo.models.app import SentryApp
from control_silo.services.avatar import set_avatar
from shared.domain.scopes import Role
from shared.http.application import PREFIX
from tests.endpoints import names_read, served_by, unasked
from tests.integration.control.api.world import Caller, World

_numbers = itertools.count(1)

CALLERS = ("nobody", "member", "admin", "manager", "owner", "stranger", "superuser", "staff", "narrow", "other_app")
"""``stranger`` owns globex; ``narrow`` is acme's owner with a token for event:read; ``other_app`` an app in acme."""

TABLE = """
                         nobody member admin manager owner stranger superuser staff narrow other_app
list apps                401    200    200   200     200   200      200       200   200    200
create app               401    403    403   201     201   403      201       403   403    403
list organization apps   401    200    200   200     200   403      200       403   403    200
list installations       401    200    200   200     200   404      200       403   403    200
read unpublished         401    200    200   200     200   403      200       200   403    403
read published           401    200    200   200     200   200      200       200   200    200
read internal            401    200    200   200     200   403      200       200   403    403
read requested           401    200    200   200     200   403      200       200   403    403
change unpublished       401    403    403   200     200   403      200       200   403    403
change published         401    403    403   200     200   403      200       200   403    403
change internal          401    403    403   200     200   403      200       200   403    403
change requested         401    403    403   200     200   403      200       200   403    403
delete unpublished       401    403    403   403     204   403      204       403   403    403
delete published         401    403    403   403     403   403      403       403   403    403
delete internal          401    403    403   403     204   403      204       403   403    403
delete requested         401    403    403   403     403   403      403       403   403    403
read features            401    200    200   200     200   403      200       200   403    403
read components          401    200    200   200     200   403      200       200   403    403
read picture             401    200    200   200     200   403      200       200   403    403
change picture           401    403    403   200     200   403      200       403   403    403
request publication      401    403    403   403     201   403      201       403   403    403
read stats               401    200    200   200     200   403      200       403   403    200
list stats               401    403    403   403     403   403      200       200   403    403
rotate secret            401    403    403   200     200   404      200       403   403    403
read log unpublished     401    403    403   200     200   403      200       403   403    403
read log published       401    403    403   200     200   403      200       403   403    403
read log internal        401    200    200   200     200   403      200       403   403    403
read requests internal   401    200    200   200     200   403      200       403   403    403
read requests published  401    403    403   200     200   403      200       403   403    403
read delivery internal   401    404    404   404     404   403      404       403   403    403
read delivery published  401    403    403   404     404   403      404       403   403    403
log attempt internal     401    403    403   404     404   403      404       403   403    403
log attempt published    401    403    403   404     404   403      404       403   403    403
try out internal         401    403    403   202     202   403      202       403   403    403
listen internal          401    200    200   200     200   403      200       403   403    403
listen published         401    403    403   200     200   403      200       403   403    403
read channel internal    401    403    403   200     200   403      200       403   403    403
redeliver all internal    401    403    403   202     202   403      202       403   403    403
redeliver all published   401    403    403   202     202   403      202       403   403    403
redeliver internal       401    403    403   404     404   403      404       403   403    403
redeliver published      401    403    403   404     404   403      404       403   403    403
list audit log           401    403    403   200     200   403      200       403   403    403
install unpublished      401    403    200   200     200   404      200       403   403    403
install published        401    403    200   200     200   404      200       403   403    403
install elsewhere        401    403    404   404     404   200      200       403   403    403
read installation        401    200    200   200     200   404      200       403   403    403
confirm installation     401    403    403   403     403   403      200       403   403    403
uninstall                401    403    204   204     204   404      204       403   403    403
create organization      401    403    403   403     403   403      404       403   403    403
create user              401    403    403   403     403   403      201       403   403    403
impersonate              401    403    403   403     403   403      404       403   403    403
switch feature           401    403    403   403     403   403      200       403   403    403
read root                200    200    200   200     200   200      200       200   200    200
read auth                401    200    200   200     200   200      200       200   200    200
read me                  401    200    200   200     200   200      200       200   200    200
list organizations       401    200    200   200     200   200      200       200   200    200
list regions             401    200    200   200     200   200      200       200   200    200
"""


def rows() -> dict[str, dict[str, int]]:
    header, *lines = [line for line in TABLE.splitlines() if line]
    assert tuple(header.split()) == CALLERS
    split = [line.split() for line in lines]
    return {
        " ".join(words[: -len(CALLERS)]): dict(zip(CALLERS, map(int, words[-len(CALLERS) :]), strict=True))
        for words in split
    }


def caller_named(world: World, name: str) -> Caller:
    callers: dict[str, Callable[[], Caller]] = {
        "nobody": lambda: world.nobody,
        "stranger": lambda: world.person(organization="globex"),
        "superuser": world.superuser,
        "staff": world.staff,
        "narrow": lambda: world.token_with(world.person(), ["event:read"]),
        "other_app": lambda: acting_app(world),
    }
    return callers[name]() if name in callers else world.person(Role(name))


def acting_app(world: World) -> Caller:
    app = world.app("Other", status="internal", scopes=["org:read"])
    return world.acting_as(app, world.installation_of(app))


def subject(world: World, action: str) -> SentryApp:
    states = {"published": "published", "internal": "internal", "requested": "publish_request_inprogress"}
    status = states.get(action.rsplit(maxsplit=1)[-1], "published" if action == "install elsewhere" else "unpublished")
    return world.app(f"Subject {next(_numbers)}", status=status)


def act(world: World, action: str, caller: Caller) -> httpx.Response:
    app = subject(world, action)
    path, new = f"/sentry-apps/{app.slug}/", {"name": "New", "organization": "acme", "isInternal": True}
    here, there = (f"/organizations/{slug}/sentry-app-installations/" for slug in ("acme", "globex"))
    installed = f"/sentry-app-installations/{world.install(app).uuid}/" if action in NEEDS_INSTALLATION else ""
    if action == "request publication":
        set_avatar(world.control, app_id=app.id, color=True, photo=b"")
    actions: dict[str, Callable[[], httpx.Response]] = {
        "list apps": lambda: caller.get("/sentry-apps/"),
        "create app": lambda: caller.post("/sentry-apps/", new),
        "list organization apps": lambda: caller.get("/organizations/acme/sentry-apps/"),
        "list installations": lambda: caller.get(here),
        "read": lambda: caller.get(path),
        "change": lambda: caller.put(path, {"overview": "x"}),
        "delete": lambda: caller.delete(path),
        "read features": lambda: caller.get(f"{path}features/"),
        "read components": lambda: caller.get(f"{path}components/"),
        "read picture": lambda: caller.get(f"{path}avatar/"),
        "change picture": lambda: caller.put(f"{path}avatar/", {"color": True, "avatar_type": "default"}),
        "request publication": lambda: caller.post(f"{path}publish-request/", {"questionnaire": []}),
        "read stats": lambda: caller.get(f"{path}stats/"),
        "list stats": lambda: caller.get("/sentry-apps-stats/"),
        "rotate secret": lambda: caller.post(f"{path}rotate-secret/"),
        "read log": lambda: caller.get(f"{path}webhook-requests/?eventType=installation.created"),
        "read requests": lambda: caller.get(f"{path}requests/?eventType=installation.created"),
        "read delivery": lambda: caller.get(f"{path}deliveries/control.{2**40}/"),
        "read root": lambda: caller.get("/"),
        "read auth": lambda: caller.get("/auth/"),
        "read me": lambda: caller.get("/users/me/"),
        "list organizations": lambda: caller.get("/organizations/"),
        "list regions": lambda: caller.get("/users/me/regions/"),
        "log attempt": lambda: caller.post(f"{path}deliveries/control.{2**40}/attempts/", ATTEMPT),
        "try out": lambda: caller.post(f"{path}test/", {"event": "installation.created"}),
        "listen": lambda: caller.get(f"{path}stream/?seconds=0"),
        "read channel": lambda: caller.get(f"{path}channel/"),
        "redeliver all": lambda: caller.post(f"{path}deliveries/redeliver/", {}),
        "redeliver": lambda: caller.post(f"{path}deliveries/control.{2**40}/redeliver/"),
        "list audit log": lambda: caller.get("/organizations/acme/audit-logs/"),
        "install elsewhere": lambda: caller.post(there, {"slug": app.slug}),
        "install": lambda: caller.post(here, {"slug": app.slug}),
        "read installation": lambda: caller.get(installed),
        "confirm installation": lambda: caller.put(installed, {"status": "installed"}),
        "uninstall": lambda: caller.delete(installed),
        "create organization": lambda: caller.post("/organizations/", {"slug": "new", "region": "nowhere"}),
        "impersonate": lambda: caller.post(f"/users/{2**40}/impersonation/"),
        "create user": lambda: caller.post("/users/", {"email": "new@acme.example"}),
        "switch feature": lambda: caller.put("/organizations/acme/features/", SWITCH),
    }
    return (actions.get(action) or actions[action.rsplit(maxsplit=1)[0]])()


NEEDS_INSTALLATION = ("read installation", "confirm installation", "uninstall")
ATTEMPT = {"startedAt": "2030-01-01T00:00:00Z", "durationMs": 1, "responseCode": 200}
SWITCH = {"feature": "organizations:integrations-api", "enabled": False}


@pytest.mark.parametrize("action", rows())
def test_every_caller_is_answered_as_the_table_says(world: World, action: str) -> None:
    answers = {name: act(world, action, caller_named(world, name)).status_code for name in CALLERS}
    assert answers == rows()[action]


@pytest.mark.parametrize("action", rows())
def test_an_endpoint_documents_what_it_reads_of_the_query(world: World, action: str) -> None:
    with names_read() as names:
        response = act(world, action, world.superuser())
    path = response.request.url.path.removeprefix(PREFIX)
    endpoint = served_by(list_endpoints(), response.request.method, path)
    assert names == {each.name for each in endpoint.parameters}


def test_a_session_may_what_its_users_token_may(world: World) -> None:
    for action in ("list installations", "change unpublished", "delete unpublished", "install published"):
        for role in Role:
            with_session = act(world, action, world.person(role, session=True))
            assert with_session.status_code == rows()[action][role]


JUDGED_ELSEWHERE = {
    # Who signs in has a password and no role yet (test_identity); who exchanges a code, an app's secret.
    "POST /auth/",
    "DELETE /auth/",
    "POST /sentry-app-installations/{uuid}/authorizations/",
    # Whoever knows its secret may (tests/integration/rest/test_streams).
    "GET /sentry-apps/{app_id_or_slug}/stream/{channel}/",
    # Regions are asked too, and none runs here (tests/integration/rest/test_app_deliveries).
    "GET /sentry-apps/{app_id_or_slug}/deliveries/",
    # These take browser sessions alone, and so have a table of their own (test_token_permissions).
    "GET /sentry-apps/{app_id_or_slug}/api-tokens/",
    "POST /sentry-apps/{app_id_or_slug}/api-tokens/",
    "DELETE /sentry-apps/{app_id_or_slug}/api-tokens/{token_id}/",
}
"""Endpoints that this table cannot speak of."""


class Noting:
    """A caller who notes the request instead of making it."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []

    def __getattr__(self, verb: str) -> Callable[..., None]:
        return lambda path, *_: self.requests.append((verb.upper(), path))


def test_every_endpoint_has_a_row(world: World) -> None:
    noting = Noting()
    for action in rows():
        act(world, action, noting)  # type: ignore[arg-type]  # it answers nothing
    assert unasked(list_endpoints(), noting.requests) == JUDGED_ELSEWHERE
