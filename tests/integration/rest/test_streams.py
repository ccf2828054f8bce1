"""``stream/``: what an app is told anywhere, as it happens, for who listens."""

import json
import threading
from typing import Any

import httpx
import pytest

from control_silo.models.app import SentryApp
from shared.database.statement import Dialect
from shared.domain.peer import CONTROL
from shared.domain.scopes import Role
from shared.domain.signature import sign, sign_webhook
from tests.integration.rest.conftest import Web, tell, write
from tests.integration.rest.test_app_deliveries import redeliver
from tests.silos import fresh

Event = dict[str, Any]


def path_of(app: SentryApp, rest: str = "stream/") -> str:
    return f"/api/0/sentry-apps/{app.slug}/{rest}"


def events_of(text: str) -> list[Event]:
    """Each with its ``id``, ``event`` and parsed ``data``."""
    found = []
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append(fields | {"data": json.loads(fields["data"])})
    return found


def listen(web: Web, app: SentryApp, *, after: str = "", **query: Any) -> list[Event]:
    headers = {"Last-Event-ID": after} if after else {}
    query = {"seconds": 0} | query
    answer = web.http.get(CONTROL, path_of(app), token=web.owner.token, headers=headers, params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    return events_of(answer.text)


def deliveries(events: list[Event]) -> list[Event]:
    return [each["data"] for each in events if each.get("event") == "delivery"]


def place_of(web: Web, app: SentryApp) -> str:
    """Where one is who has heard everything so far, in every silo."""
    return str(listen(web, app, since="2000-01-01")[-1]["id"])


def test_whoever_goes_on_after_an_event_hears_what_came_since_from_every_silo(web: Web, app: SentryApp) -> None:
    after = place_of(web, app)
    tell(web, app, region="us")
    tell(web, app, region="us", event="comment.created")
    heard = listen(web, app, after=after)
    assert [each["event"] for each in deliveries(heard)] == ["issue.created", "comment.created"]
    (first, _) = [each["id"] for each in heard if each["event"] == "delivery"]
    assert [each["event"] for each in deliveries(listen(web, app, after=first))] == ["comment.created"]


def test_a_delivery_is_shown_as_it_would_be_sent_signed_and_stamped_just_now(web: Web, app: SentryApp) -> None:
    after = place_of(web, app)
    tell(web, app, region="us", payload={"action": "created", "data": "é"})
    web.silos.clock.advance(60)
    (shown,) = deliveries(listen(web, app, after=after))
    secret = secret_of(web, app)
    assert shown["body"] == '{"action":"created","data":"\\u00e9"}'
    assert shown["headers"]["Sentry-Hook-Signature"] == sign(shown["body"].encode(), secret=secret)
    assert (
        shown["headers"]["Sentry-App-Signature"] == sign_webhook(json.loads(shown["body"]), secret=secret).app_signature
    )
    assert shown["headers"]["Sentry-Hook-Timestamp"] == str(int(web.silos.clock.now().timestamp()))
    assert shown["headers"]["X-Key"] == "s3cret"


def secret_of(web: Web, app: SentryApp) -> str:
    with web.silos.control.database.session():
        application = SentryApp.get_by_id(app.id).application
        return application.client_secret if application else ""


def test_what_is_sent_again_is_heard_again(web: Web, app: SentryApp) -> None:
    tell(web, app, region="us")
    after = place_of(web, app)
    for item in web.http.get(CONTROL, path_of(app, "deliveries/"), token=web.owner.token).json():
        redeliver(web, app, item["id"])
    assert {each["id"].split(".")[0] for each in deliveries(listen(web, app, after=after))} == {CONTROL, "us"}


def test_a_region_that_was_away_is_heard_when_it_is_back(web: Web, app: SentryApp) -> None:
    tell(web, app, region="us")
    web.silos.stop("us")
    try:
        begun = listen(web, app, since=web.silos.clock.now().isoformat().replace("+00:00", "Z"))
        assert deliveries(begun) == []
    finally:
        web.silos.start_stopped()
    assert [each["event"] for each in deliveries(listen(web, app, after=begun[-1]["id"]))] == ["issue.created"]


def test_a_transaction_that_commits_late_is_not_passed_over(web: Web, app: SentryApp) -> None:
    """Its delivery has the smaller id, and is seen after the larger one."""
    database = web.silos.database("us")
    if database.dialect is Dialect.SQLITE:
        pytest.skip("SQLite writes one transaction after the other")
    after, begun, may_commit = place_of(web, app), threading.Event(), threading.Event()

    def late() -> None:
        with database.transaction() as tx:
            write(tx, web, app, event="comment.created")
            begun.set()
            may_commit.wait(20)

    thread = threading.Thread(target=late)
    thread.start()
    try:
        begun.wait(20)
        tell(web, app, region="us")
        assert deliveries(listen(web, app, after=after)) == []
    finally:
        may_commit.set()
        thread.join()
    assert [each["event"] for each in deliveries(listen(web, app, after=after))] == ["comment.created", "issue.created"]


@pytest.mark.parametrize("after", ["x", "2030-01-01T00:00:00Z,us:x", "2030-01-01T00:00:00Z,us:1-2,"])
def test_a_place_that_was_never_given_out_is_refused(web: Web, app: SentryApp, after: str) -> None:
    answer = web.http.get(CONTROL, path_of(app), token=web.owner.token, headers={"Last-Event-ID": after})
    assert answer.status_code == 400


@pytest.mark.parametrize(("role", "status"), [(Role.MEMBER, 403), (Role.MANAGER, 200)])
def test_who_may_read_the_log_may_listen(web: Web, app: SentryApp, role: Role, status: int) -> None:
    person = web.http.create_user(f"{fresh('person')}@acme.example", organization="acme", role=role)
    answer = web.http.get(CONTROL, path_of(app), token=person.token, params={"seconds": 0})
    assert answer.status_code == status


def channel_of(web: Web, app: SentryApp) -> str:
    url = web.http.get(CONTROL, path_of(app, "channel/"), token=web.owner.token).json()["url"]
    return str(httpx.URL(url).raw_path, "ascii")


def test_a_channel_shows_webhooks_as_smee_does_to_whoever_has_its_address(web: Web, app: SentryApp) -> None:
    tell(web, app, region="us")
    answer = web.http.get(CONTROL, channel_of(web, app), params={"seconds": 0, "since": "2000-01-01"})
    shown = [each["data"] for each in events_of(answer.text) if "event" not in each]
    assert [each["sentry-hook-resource"] for each in shown] == ["installation", "issue"]
    assert (shown[-1]["body"], shown[-1]["query"]) == ({"action": "created"}, {})
    assert "s3cret" not in answer.text


def test_a_channel_ends_with_the_secret_that_it_was_made_of(web: Web, app: SentryApp) -> None:
    channel = channel_of(web, app)
    web.http.call("POST", CONTROL, path_of(app, "rotate-secret/"), token=web.owner.token)
    assert web.http.get(CONTROL, channel, params={"seconds": 0}).status_code == 404
    assert web.http.get(CONTROL, path_of(app, f"stream/{'0' * 64}/"), params={"seconds": 0}).status_code == 404


def test_no_more_than_so_many_listen_to_one_app(web: Web, app: SentryApp) -> None:
    opened = [
        httpx.Client(timeout=20, trust_env=False).send(
            httpx.Request(
                "GET", web.http.url(CONTROL) + path_of(app), headers={"Authorization": f"Bearer {web.owner.token}"}
            ),
            stream=True,
        )
        for _ in range(9)
    ]
    try:
        assert sorted(each.status_code for each in opened) == [200] * 8 + [429]
    finally:
        for each in opened:
            each.close()


ATTEMPT = {"startedAt": "2030-01-01T00:00:00Z", "durationMs": 12, "responseCode": 201, "response": {"body": "ok"}}


@pytest.mark.parametrize("silo", [CONTROL, "us"])
def test_what_a_listener_answered_is_logged_as_an_attempt_and_changes_nothing(
    web: Web, app: SentryApp, silo: str
) -> None:
    if silo != CONTROL:
        tell(web, app, region=silo)
    items = web.http.get(CONTROL, path_of(app, "deliveries/"), token=web.owner.token).json()
    (item,) = [each for each in items if each["id"].startswith(f"{silo}.")]
    path = path_of(app, f"deliveries/{item['id']}/attempts/")
    answer = web.http.call("POST", CONTROL, path, token=web.owner.token, json=ATTEMPT)
    attempt = answer.json()["attempts"][-1]
    assert (answer.status_code, answer.json()["status"]) == (201, item["status"])
    assert (attempt["responseCode"], attempt["response"]["body"], attempt["durationMs"]) == (201, "ok", 12)


@pytest.mark.parametrize("body", [{}, {**ATTEMPT, "durationMs": -1}, {**ATTEMPT, "response": {"headers": {"a": 1}}}])
def test_an_attempt_that_is_none_is_refused(web: Web, app: SentryApp, body: dict[str, Any]) -> None:
    path = path_of(app, "deliveries/control.1/attempts/")
    assert web.http.call("POST", CONTROL, path, token=web.owner.token, json=body).status_code == 400
