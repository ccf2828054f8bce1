"""The deliveries of an app: made by every silo, read and sent again in control."""

import json
from typing import Any

import httpx
import pytest

from control_silo.models.app import SentryApp
from control_silo.services.user import NewUser
from shared.domain.peer import CONTROL
from shared.domain.scopes import Role
from shared.outbox.claim import claim
from shared.webhooks.delivery import destination_of
from tests.integration.rest.conftest import Web, send, tell
from tests.integration.third_party import ThirdPartyApp
from tests.silos import fresh


def install_in_globex(web: Web, app: SentryApp) -> None:
    """Makes ``de`` a region that can have told the app of something."""
    web.silos.install(app, organization=web.globex)
    web.silos.replicate()


def ask(web: Web, app: SentryApp, rest: str = "", *, by: NewUser | None = None, **query: Any) -> httpx.Response:
    path = f"/api/0/sentry-apps/{app.slug}/deliveries/{rest}"
    return web.http.get(CONTROL, path, token=(by or web.owner).token, params=query)


def redeliver(web: Web, app: SentryApp, id: str, *, by: NewUser | None = None) -> httpx.Response:
    path = f"/api/0/sentry-apps/{app.slug}/deliveries/{id}/redeliver/"
    return web.http.call("POST", CONTROL, path, token=(by or web.owner).token)


def test_a_delivery_shows_each_attempt_with_both_bodies_and_no_header_of_the_apps_own(
    web: Web, app: SentryApp, third_party: ThirdPartyApp
) -> None:
    (item,) = ask(web, app).json()
    (attempt,) = item["attempts"]
    (request,) = third_party.requests
    assert (item["event"], item["status"], item["id"].split(".")[0]) == ("installation.created", "delivered", CONTROL)
    assert (item["requestId"], attempt["request"]["body"]) == (request.headers["request-id"], request.body.decode())
    assert (attempt["responseCode"], attempt["error"]) == (200, None)
    assert json.loads(attempt["response"]["body"]) == {"got": "it"}
    assert request.headers["x-key"] == "s3cret"
    assert "s3cret" not in json.dumps(item)


def test_deliveries_of_all_silos_are_listed_newest_first_and_read_one_by_one(web: Web, app: SentryApp) -> None:
    install_in_globex(web, app)
    tell(web, app, region="us")
    tell(web, app, region="de", event="comment.created")
    answer = ask(web, app)
    told = ["comment.created", "issue.created", "installation.created", "installation.created"]
    assert [item["event"] for item in answer.json()] == told
    assert 'rel="next"; results="false"' in answer.headers["link"]
    for item in answer.json():
        assert ask(web, app, f"{item['id']}/").json() == item


def test_deliveries_are_listed_by_event_status_and_page(web: Web, app: SentryApp) -> None:
    tell(web, app, region="us")
    assert [item["event"] for item in ask(web, app, eventType="issue.created").json()] == ["issue.created"]
    assert [item["event"] for item in ask(web, app, status="delivered").json()] == ["installation.created"]
    page = ask(web, app, per_page="1")
    assert [item["status"] for item in page.json()] == ["pending"]
    assert 'results="true"; cursor="1:1:0"' in page.headers["link"]


def test_deliveries_are_listed_by_time_organization_and_failure(
    web: Web, app: SentryApp, third_party: ThirdPartyApp
) -> None:
    web.silos.clock.advance(60)
    later = web.silos.clock.now().isoformat().replace("+00:00", "Z")
    third_party.answers("/hook", status=404)
    tell(web, app, region="us")
    send(web, "us")
    tell(web, app, region="us", event="comment.created")
    events = {"since": {"comment.created", "issue.created"}, "until": {"installation.created"}}
    for name, found in events.items():
        query: dict[str, Any] = {name: later}
        assert {item["event"] for item in ask(web, app, **query).json()} == found
    assert [item["event"] for item in ask(web, app, failed="true").json()] == ["issue.created"]
    assert [item["event"] for item in ask(web, app, event="comment.created").json()] == ["comment.created"]
    assert (len(ask(web, app, organization="acme").json()), ask(web, app, organization="globex").json()) == (3, [])


def redeliver_all(web: Web, app: SentryApp, body: Any, *, by: NewUser | None = None) -> httpx.Response:
    path = f"/api/0/sentry-apps/{app.slug}/deliveries/redeliver/"
    return web.http.call("POST", CONTROL, path, token=(by or web.owner).token, json=body)


def test_what_failed_is_sent_again_together_from_every_silo(
    web: Web, app: SentryApp, third_party: ThirdPartyApp
) -> None:
    third_party.answers("/hook", status=404)
    tell(web, app, region="us")
    send(web, "us")
    answer = redeliver_all(web, app, {"failed": True})
    assert (answer.status_code, answer.json()) == (202, {"count": 1, "missingRegions": []})
    assert redeliver_all(web, app, {}).json()["count"] == 1  # control's: what is pending already is not counted
    statuses = {item["id"].partition(".")[0]: item["status"] for item in ask(web, app).json()}
    assert statuses == {CONTROL: "pending", "us": "pending"}


def test_what_is_sent_again_together_is_due_ten_a_second(web: Web, app: SentryApp) -> None:
    for _ in range(25):
        tell(web, app, region="us")
    database = web.silos.database("us")
    with database.transaction() as tx:
        tx.database.rows("DELETE FROM outbox WHERE destination = ?", (destination_of(app.id),))
        tx.database.rows("UPDATE delivery SET state = 'parked' WHERE sentry_app_id = ?", (app.id,))
    assert redeliver_all(web, app, {"event": "issue.created"}).json()["count"] == 25
    assert len(claim(database, destination_of(app.id), limit=100)) == 10


@pytest.mark.parametrize(
    ("body", "field"),
    [({"since": "yesterday"}, "since"), ({"event": "nothing"}, "event"), ({"failed": "perhaps"}, "failed")],
)
def test_what_is_wrong_of_those_to_be_sent_again_is_refused(
    web: Web, app: SentryApp, body: dict[str, Any], field: str
) -> None:
    answer = redeliver_all(web, app, body)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_a_list_shows_the_beginning_of_large_bodies_and_one_delivery_the_whole(web: Web, app: SentryApp) -> None:
    """Thirty of them are more than a call between silos may carry."""
    for _ in range(30):
        tell(web, app, region="us", payload={"action": "created", "data": "x" * 1_000_000})
        send(web, "us")
    items = ask(web, app, eventType="issue.created").json()
    assert [len(item["attempts"][0]["request"]["body"]) for item in items] == [1024] * 30
    whole = ask(web, app, f"{items[0]['id']}/").json()
    assert len(whole["attempts"][0]["request"]["body"]) > 1_000_000


@pytest.mark.parametrize(
    "query",
    [
        {"event": "nothing"},
        {"eventType": "nothing"},
        {"status": "lost"},
        {"since": "x"},
        {"until": "x"},
        {"failed": "x"},
    ],
)
def test_what_is_no_choice_is_refused(web: Web, app: SentryApp, query: dict[str, Any]) -> None:
    answer = ask(web, app, **query)
    assert (answer.status_code, list(answer.json())) == (400, list(query))


@pytest.mark.parametrize("silo", [CONTROL, "us"])
def test_a_redelivery_keeps_its_request_id_and_is_stamped_afresh(
    web: Web, app: SentryApp, third_party: ThirdPartyApp, silo: str
) -> None:
    if silo != CONTROL:
        tell(web, app, region=silo)
        web.silos.replicate()
    (item,) = [each for each in ask(web, app).json() if each["id"].startswith(f"{silo}.")]
    web.silos.clock.advance(600)
    answer = redeliver(web, app, item["id"])
    assert (answer.status_code, answer.json()["status"], answer.json()["id"]) == (202, "pending", item["id"])
    send(web, silo)
    last = third_party.requests[-1]
    assert last.headers["request-id"] == item["requestId"]
    assert last.headers["sentry-hook-timestamp"] == str(int(web.silos.clock.now().timestamp()))


@pytest.mark.parametrize(
    "id", ["us.999999", "control.999999", "mars.1", "us", "us.0", ".1", "us.9999999999999999999", "1"]
)
def test_what_is_no_delivery_of_the_app_is_not_found(web: Web, app: SentryApp, id: str) -> None:
    assert (ask(web, app, f"{id}/").status_code, redeliver(web, app, id).status_code) == (404, 404)


def test_a_delivery_of_another_app_is_not_found(web: Web, app: SentryApp) -> None:
    other = web.silos.create_app(fresh("Other"), owner=web.acme, creator=web.owner.user)
    (item,) = ask(web, app).json()
    assert ask(web, other, f"{item['id']}/").status_code == 404


def test_a_region_that_is_away_is_named_and_the_others_are_listed(web: Web, app: SentryApp) -> None:
    web.silos.stop("us")
    try:
        answer = ask(web, app)
        assert (len(answer.json()), answer.headers["silo-missing-regions"]) == (1, "us")
        assert redeliver(web, app, "us.1").status_code == 503
    finally:
        web.silos.start_stopped()


@pytest.mark.parametrize(("role", "read", "sent"), [(Role.MEMBER, 403, 403), (Role.MANAGER, 200, 202)])
def test_managers_and_above_read_and_send_again(web: Web, app: SentryApp, role: Role, read: int, sent: int) -> None:
    (item,) = ask(web, app).json()
    person = web.http.create_user(f"{fresh('person')}@acme.example", organization="acme", role=role)
    assert (ask(web, app, by=person).status_code, redeliver(web, app, item["id"], by=person).status_code) == (
        read,
        sent,
    )


def test_the_installation_webhooks_are_in_the_request_log(web: Web, app: SentryApp) -> None:
    path = f"/api/0/sentry-apps/{app.slug}/webhook-requests/"
    (item,) = web.http.get(CONTROL, path, token=web.owner.token, params={"eventType": "installation.created"}).json()
    assert (item["responseCode"], item["organization"]["slug"]) == (200, "acme")
