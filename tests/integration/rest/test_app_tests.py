"""``test/``: an app is told of an event that does not happen, by the body that it would be told by."""

import json
from typing import Any

import httpx
import pytest

from control_silo.models.app import SentryApp
from region_silo.models.issue import Comment, Issue
from shared.domain.event import AppEvent, Told
from shared.domain.happening import Broadcast
from shared.domain.peer import CONTROL
from tests.integration.rest.conftest import Web, send
from tests.integration.third_party import ThirdPartyApp
from tests.silos import fresh

TOLD = [event for event in AppEvent if event.row.told is not Told.ASKED and event.row.detail]


@pytest.fixture
def project(web: Web) -> str:
    """The slug of a project without events."""
    slug = fresh("web")
    made = web.http.call(
        "POST", "us", "/api/0/organizations/acme/projects/", token=web.owner.token, json={"slug": slug, "name": slug}
    )
    assert made.status_code == 201
    return slug


def try_out(web: Web, app: SentryApp, event: str, **fields: Any) -> httpx.Response:
    path = f"/api/0/sentry-apps/{app.slug}/test/"
    return web.http.call("POST", CONTROL, path, token=web.owner.token, json={"event": event, **fields})


def counts(web: Web) -> tuple[int, int]:
    with web.silos.database("us").session():
        return Issue.select().count(), Comment.select().count()


@pytest.mark.parametrize("event", TOLD, ids=str)
def test_an_app_is_told_of_any_event_and_nothing_else_happens(
    web: Web, app: SentryApp, third_party: ThirdPartyApp, project: str, event: AppEvent
) -> None:
    before = counts(web)
    answer = try_out(web, app, event.value, project=project)
    assert (answer.status_code, answer.json()["status"], answer.json()["event"]) == (202, "pending", event.value)
    send(web, "us")
    told = third_party.requests[-1]
    assert (told.headers["sentry-hook-resource"], told.json["action"]) == (event.resource, event.action)
    assert told.json["data"] or event.row.detail is Broadcast
    assert counts(web) == before


def test_what_is_told_is_what_would_be_so_then(
    web: Web, app: SentryApp, third_party: ThirdPartyApp, project: str
) -> None:
    for event in ("issue.resolved", "issue.assigned"):
        try_out(web, app, event, project=project)
        send(web, "us")
    told = {each.json["action"]: each.json["data"] for each in third_party.requests[-2:]}
    assert (told["resolved"]["issue"]["status"], told["resolved"]["resolution_type"]) == ("resolved", "now")
    assert (
        told["assigned"]["issue"]["assignedTo"]["email"]
        == told["assigned"]["assignee"]["email"]
        == web.owner.user.email
    )


def test_control_tells_of_installations(web: Web, app: SentryApp, third_party: ThirdPartyApp) -> None:
    answer = try_out(web, app, "installation.deleted")
    send(web, CONTROL)
    assert answer.json()["id"].startswith(f"{CONTROL}.")
    assert third_party.requests[-1].json["action"] == "deleted"


def test_what_happens_elsewhere_is_told_with_the_payload_that_is_given(web: Web, app: SentryApp) -> None:
    answer = try_out(web, app, "seer.pr_created", payload={"run_id": 7})
    assert json.loads(answer.json()["body"])["data"] == {"run_id": 7}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"event": "select_options.requested"}, 400),
        ({"event": "nothing.happened"}, 400),
        ({"event": "issue.created", "project": "no-such"}, 404),
        ({"event": "issue.created", "organization": "globex"}, 400),
    ],
)
def test_what_cannot_be_told_is_refused(web: Web, app: SentryApp, fields: dict[str, Any], status: int) -> None:
    assert try_out(web, app, **fields).status_code == status


def test_what_control_tells_can_be_told_otherwise_as_well(web: Web, app: SentryApp, third_party: ThirdPartyApp) -> None:
    changes = {"data.installation.status": "installed", "actor.name": "Somebody"}
    assert try_out(web, app, "installation.created", changes=changes).status_code == 202
    send(web, CONTROL)
    told = third_party.requests[-1]
    assert (told.json["data"]["installation"]["status"], told.json["actor"]["name"]) == ("installed", "Somebody")
    refused = try_out(web, app, "installation.created", changes={"data.nothing.at.all": 1})
    assert (refused.status_code, "data.nothing.at.all" in refused.text) == (400, True)
