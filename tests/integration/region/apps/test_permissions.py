"""Who gets which status of a region: role x endpoint (spec §4.5, §4.6, §4.9, §6, §7), as one table.

A cell is what a caller is answered who does the thing in acme, where the app of ``own_app`` is installed. What an
action is about was made by somebody else there, unless it says ``own``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from region_silo.api.application import list_endpoints
from shared.http.application import PREFIX
from tests.endpoints import names_read, served_by, unasked
from tests.http_silos import HttpSilos
from tests.integration.region.apps.cast import ALERT, RESOLVED, RULE, TEXT, TICKET, Cast, Request
from tests.integration.region.apps.world import Caller
from tests.integration.third_party import running_app
from tests.silos import Silos

CALLERS = (
    *("nobody", "member", "admin", "manager", "owner", "stranger", "superuser", "staff"),
    *("narrow", "own_app", "other_app", "foreign_app"),
)
"""``stranger`` owns globex; ``narrow`` is acme's owner with a token for event:read. ``own_app`` and ``other_app`` are
installed in acme, ``foreign_app`` in globex; each may event:admin, project:read and org:integrations."""

REFUSED = ("nobody", "stranger", "narrow", "other_app", "foreign_app")
"""Who are refused most, on different grounds: it must not matter that control looks for the region first."""

TABLE = """
                     nobody member admin manager owner stranger superuser staff narrow own_app other_app foreign_app
read root            200    200    200   200     200   200      200       200   200    200     200       200
read auth            401    200    200   200     200   200      200       200   200    200     200       200
read me              401    200    200   200     200   200      200       200   200    200     200       200
list organizations   401    200    200   200     200   200      200       200   200    200     200       200
read organization    401    200    200   200     200   404      200       403   403    200     200       404
list all projects    401    200    200   200     200   200      200       403   403    200     200       200
list projects        401    200    200   200     200   404      200       403   403    200     200       404
create project       401    403    201   201     201   404      201       403   403    403     403       403
read project         401    200    200   200     200   404      200       403   403    200     200       404
change project       401    403    200   200     200   404      200       403   403    403     403       403
list keys            401    200    200   200     200   404      200       403   403    200     200       404
list rules           401    200    200   200     200   404      200       403   403    200     200       404
create rule          401    200    200   200     200   404      200       403   403    403     403       403
read rule            401    200    200   200     200   404      200       403   403    200     200       404
change rule          401    200    200   200     200   404      200       403   403    403     403       403
delete rule          401    204    204   204     204   404      204       403   403    403     403       403
list alerts          401    200    200   200     200   404      200       403   403    403     403       403
create alert         401    201    201   201     201   404      201       403   403    403     403       403
read alert           401    200    200   200     200   404      200       403   403    403     403       403
change alert         401    200    200   200     200   404      200       403   403    403     403       403
delete alert         401    204    204   204     204   404      204       403   403    403     403       403
list issues          401    200    200   200     200   404      200       403   200    200     200       404
list in project      401    200    200   200     200   404      200       403   200    200     200       404
change issues        401    200    200   200     200   404      200       403   403    200     200       404
change in project    401   200    200   200     200   404      200       403   403    200     200       404
read issue           401    200    200   200     200   404      200       403   200    200     200       404
read bare issue      401    200    200   200     200   404      200       403   200    200     200       404
change issue         401    200    200   200     200   404      200       403   403    200     200       404
change bare issue    401    200    200   200     200   404      200       403   403    200     200       404
read short id        401    200    200   200     200   404      200       403   200    200     200       404
read activities      401    200    200   200     200   404      200       403   200    200     200       404
search events        401    200    200   200     200   404      200       403   200    200     200       404
validate search      401    200    200   200     200   404      200       403   200    200     200       404
list hashes          401    200    200   200     200   404      200       403   200    200     200       404
list integrations    401    200    200   200     200   404      200       403   200    200     200       404
list tags            401    200    200   200     200   404      200       403   200    200     200       404
read tag             401    200    200   200     200   404      200       403   200    200     200       404
list tag values      401    200    200   200     200   404      200       403   200    200     200       404
read event id        401    200    200   200     200   404      200       403   200    200     200       404
list events          401    200    200   200     200   404      200       403   200    200     200       404
read event           401    200    200   200     200   404      200       403   200    200     200       404
read project event   401    200    200   200     200   404      200       403   200    200     200       404
list project events  401    200    200   200     200   404      200       403   200    200     200       404
list comments        401    200    200   200     200   404      200       403   200    200     200       404
comment              401    201    201   201     201   404      201       403   403    201     201       404
change comment       401    404    404   404     404   404      404       403   403    404     404       404
change own comment   401    200    200   200     200   404      200       403   403    200     200       404
delete comment       401    404    404   404     404   404      204       403   403    404     404       404
delete own comment   401    204    204   204     204   404      204       403   403    204     204       404
list links           401    200    200   200     200   404      200       403   200    200     200       404
delete link          401    204    204   204     204   404      204       403   403    204     204       404
link                 401    200    200   200     200   404      200       403   200    200     403       403
unlink               401    204    204   204     204   404      204       403   403    204     403       403
have linked          401    200    200   200     200   404      200       403   403    200     403       403
list components      401    200    200   200     200   404      200       403   403    200     200       404
ask for choices      401    200    200   200     200   404      200       403   403    200     403       403
list hook projects   401    200    200   200     200   404      200       403   403    200     403       403
confine              401    403    200   200     200   404      200       403   403    200     403       403
release              401    403    204   204     204   404      204       403   403    204     403       403
count interaction    401    403    403   403     403   403      403       403   403    403     403       403
read interaction     401    200    200   200     200   403      200       403   403    200     200       403
"""

ACTIONS: Mapping[str, Request] = {
    "read root": ("GET", "/", None),
    "read auth": ("GET", "/auth/", None),
    "read me": ("GET", "/users/me/", None),
    "list organizations": ("GET", "/organizations/", None),
    "read organization": ("GET", "/organizations/{org}/", None),
    "list all projects": ("GET", "/projects/", None),
    "list projects": ("GET", "/organizations/{org}/projects/", None),
    "create project": ("POST", "/organizations/{org}/projects/", {"slug": "{new}"}),
    "read project": ("GET", "/projects/{org}/api/", None),
    "change project": ("PUT", "/projects/{org}/api/", {"dataScrubber": True}),
    "list keys": ("GET", "/projects/{org}/api/keys/", None),
    "list rules": ("GET", "/projects/{org}/api/rules/", None),
    "create rule": ("POST", "/projects/{org}/api/rules/", RULE),
    "read rule": ("GET", "/projects/{org}/api/rules/{rule}/", None),
    "change rule": ("PUT", "/projects/{org}/api/rules/{rule}/", RULE),
    "delete rule": ("DELETE", "/projects/{org}/api/rules/{rule}/", None),
    "list alerts": ("GET", "/organizations/{org}/alert-rules/", None),
    "create alert": ("POST", "/organizations/{org}/alert-rules/", ALERT),
    "read alert": ("GET", "/organizations/{org}/alert-rules/{alert}/", None),
    "change alert": ("PUT", "/organizations/{org}/alert-rules/{alert}/", ALERT),
    "delete alert": ("DELETE", "/organizations/{org}/alert-rules/{alert}/", None),
    "list issues": ("GET", "/organizations/{org}/issues/", None),
    "list in project": ("GET", "/projects/{org}/api/issues/", None),
    "change issues": ("PUT", "/organizations/{org}/issues/?id={issue}", RESOLVED),
    "change in project": ("PUT", "/projects/{org}/api/issues/?id={issue}", RESOLVED),
    "read issue": ("GET", "/organizations/{org}/issues/{issue}/", None),
    "read bare issue": ("GET", "/issues/{issue}/", None),
    "change issue": ("PUT", "/organizations/{org}/issues/{issue}/", RESOLVED),
    "change bare issue": ("PUT", "/issues/{issue}/", RESOLVED),
    "read short id": ("GET", "/organizations/{org}/shortids/{short}/", None),
    "read activities": ("GET", "/issues/{issue}/activities/", None),
    "search events": ("GET", "/organizations/{org}/events/?field=title", None),
    "validate search": ("GET", "/organizations/{org}/events/validate/", None),
    "list hashes": ("GET", "/issues/{issue}/hashes/", None),
    "list integrations": ("GET", "/issues/{issue}/integrations/", None),
    "list tags": ("GET", "/issues/{issue}/tags/", None),
    "read tag": ("GET", "/issues/{issue}/tags/level/", None),
    "list tag values": ("GET", "/issues/{issue}/tags/level/values/", None),
    "read event id": ("GET", "/organizations/{org}/eventids/{event}/", None),
    "list events": ("GET", "/issues/{issue}/events/", None),
    "read event": ("GET", "/issues/{issue}/events/latest/", None),
    "read project event": ("GET", "/projects/{org}/api/events/{event}/", None),
    "list project events": ("GET", "/projects/{org}/api/events/", None),
    "list comments": ("GET", "/issues/{issue}/comments/", None),
    "comment": ("POST", "/issues/{issue}/comments/", TEXT),
    "change comment": ("PUT", "/issues/{issue}/comments/{comment}/", TEXT),
    "change own comment": ("PUT", "/issues/{issue}/comments/{comment}/", TEXT),
    "delete comment": ("DELETE", "/issues/{issue}/comments/{comment}/", None),
    "delete own comment": ("DELETE", "/issues/{issue}/comments/{comment}/", None),
    "list links": ("GET", "/issues/{issue}/external-issues/", None),
    "delete link": ("DELETE", "/issues/{issue}/external-issues/{link}/", None),
    "link": ("POST", "{installation}/external-issues/", {"issueId": "{issue}", **TICKET}),
    "unlink": ("DELETE", "{installation}/external-issues/{link}/", None),
    "have linked": (
        "POST",
        "{installation}/external-issue-actions/",
        {"groupId": "{issue}", "action": "create", "uri": "/create"},
    ),
    "list components": ("GET", "/organizations/{org}/sentry-app-components/", None),
    "ask for choices": ("GET", "{installation}/external-requests/?uri=/boards", None),
    "list hook projects": ("GET", "{installation}/service-hook-projects/", None),
    "confine": ("POST", "{installation}/service-hook-projects/", {"projects": ["web"]}),
    "release": ("DELETE", "{installation}/service-hook-projects/", None),
    "count interaction": ("POST", "/sentry-apps/{app}/interaction/", {"tsdbField": "sentry_app_viewed"}),
    "read interaction": ("GET", "/sentry-apps/{app}/interaction/", None),
}


@pytest.fixture(scope="module")
def cast(module_silos: Silos, http: HttpSilos) -> Iterator[Cast]:
    """The callers and acme, shared by all rows of the table: what an action destroys is made for it."""
    with running_app() as third_party:
        yield Cast(module_silos, http, third_party)


def rows() -> dict[str, dict[str, int]]:
    header, *lines = [line for line in TABLE.splitlines() if line]
    assert tuple(header.split()) == CALLERS
    split = [line.split() for line in lines]
    return {
        " ".join(words[: -len(CALLERS)]): dict(zip(CALLERS, map(int, words[-len(CALLERS) :]), strict=True))
        for words in split
    }


def answers(cast: Cast, action: str, callers: Mapping[str, Caller]) -> dict[str, int]:
    return {
        name: cast.ask(caller, ACTIONS[action], is_own="own" in action).status_code for name, caller in callers.items()
    }


def test_every_action_has_a_row() -> None:
    assert rows().keys() == ACTIONS.keys()


def test_every_endpoint_has_an_action() -> None:
    installation = "/sentry-app-installations/uuid"
    asked = [(method, path.replace("{installation}", installation)) for method, path, _ in ACTIONS.values()]
    # What is below an issue is served below its organization too, by the same function.
    asked += [(method, f"/organizations/acme{path}") for method, path in asked if path.startswith("/issues/")]
    assert unasked(list_endpoints(), asked) == set()


@pytest.mark.parametrize("action", rows())
def test_every_caller_is_answered_as_the_table_says(cast: Cast, action: str) -> None:
    assert answers(cast, action, {name: cast.callers[name] for name in CALLERS}) == rows()[action]


@pytest.mark.parametrize("action", rows())
def test_an_endpoint_documents_what_it_reads_of_the_query(cast: Cast, action: str) -> None:
    method, path, body = ACTIONS[action]
    with names_read() as names:
        # Twice: what is asked for by id is not looked for by a query.
        urls = (path, f"{path.partition('?')[0]}?query=broke")
        response, _ = [cast.ask(cast.callers["superuser"], (method, url, body), is_own="own" in action) for url in urls]
    endpoint = served_by(list_endpoints(), method, response.request.url.path.removeprefix(PREFIX))
    assert names == {each.name for each in endpoint.parameters}


@pytest.mark.parametrize("action", rows())
def test_a_session_may_what_its_users_token_may(cast: Cast, action: str) -> None:
    """Interactions are counted for sessions alone; what staff do not see is hidden, not refused for want of scopes."""
    callers = {name: cast.with_session(name) for name in cast.people}
    row = {name: status for name, status in rows()[action].items() if name in callers}
    if action == "count interaction":
        row = dict.fromkeys(row, 201) | {"stranger": 404}
    elif action == "list all projects":
        row["staff"] = 200  # and shows nothing: they belong nowhere
    elif row["staff"] == 403 and "interaction" not in action:
        row["staff"] = 404
    assert answers(cast, action, callers) == row


@pytest.mark.parametrize("action", rows())
def test_control_refuses_whom_the_region_refuses(cast: Cast, action: str) -> None:
    callers = {name: replace(cast.callers[name], silo="control") for name in REFUSED}
    assert answers(cast, action, callers) == {name: rows()[action][name] for name in REFUSED}
