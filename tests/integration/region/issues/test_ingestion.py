"""What becomes of events that come in."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from tests.integration.region.issues.world import JsonObject, World, envelope_of, exception, message

ID = "0123456789abcdef0123456789abcdef"


def test_the_first_event_of_its_kind_makes_an_issue(world: World) -> None:
    world.send(exception())
    issue = world.issue()
    assert (issue["shortId"], issue["status"], issue["substatus"], issue["count"]) == (
        "WEB-1",
        "unresolved",
        "new",
        "1",
    )
    assert world.activity(issue["id"]) == ["issue.created"]


def test_the_next_of_its_kind_counts_and_shows_the_newest_text(world: World) -> None:
    world.send(exception(value="one"), exception(value="two"))
    assert (world.issue()["count"], world.issue()["title"]) == ("2", "ZeroDivisionError: two")


def test_short_ids_count_the_issues_of_a_project(world: World) -> None:
    world.send(*(message(f"message {number}") for number in range(3)))
    assert sorted(issue["shortId"] for issue in world.issues()) == ["WEB-1", "WEB-2", "WEB-3"]


def test_another_project_counts_and_groups_for_itself(world: World) -> None:
    world.send(exception())
    world.send(exception(), project=world.project("api"))
    assert sorted(issue["shortId"] for issue in world.issues()) == ["API-1", "WEB-1"]


def test_an_event_is_stored_once_however_often_it_is_sent(world: World) -> None:
    body = envelope_of(exception(), event_id=ID)
    assert [world.send_envelope(body).json() for _ in range(3)] == [{"id": ID}] * 3
    assert world.issue()["count"] == "1"


def test_an_event_sent_again_as_something_else_changes_nothing(world: World) -> None:
    world.send_envelope(envelope_of(exception(), event_id=ID))
    world.send_envelope(envelope_of(message("other"), event_id=ID))
    assert [issue["title"] for issue in world.issues()] == ["ZeroDivisionError: division by zero"]


def test_the_same_event_id_may_occur_in_another_project(world: World) -> None:
    world.send_envelope(envelope_of(exception(), event_id=ID))
    world.send_envelope(envelope_of(exception(), event_id=ID), project=world.project("api"))
    assert len(world.issues()) == 2


def test_users_are_counted_once_each(world: World) -> None:
    world.send(*(exception(user={"id": name}) for name in ("ann", "bob", "ann")), exception())
    assert (world.issue()["count"], world.issue()["userCount"]) == ("4", 2)


def test_a_resolved_issue_comes_back_with_a_new_event(world: World) -> None:
    world.send(exception())
    issue = world.issue()
    world.owner.put(f"/issues/{issue['id']}/", {"status": "resolved"})
    world.send(exception())
    assert (world.issue()["status"], world.issue()["substatus"]) == ("unresolved", "regressed")
    assert world.activity(issue["id"])[1:] == ["issue.resolved", "issue.unresolved"]


def test_an_event_that_is_stored_already_brings_nothing_back(world: World) -> None:
    body = envelope_of(exception(), event_id=ID)
    world.send_envelope(body)
    world.owner.put(f"/issues/{world.issue()['id']}/", {"status": "resolved"})
    world.send_envelope(body)
    assert world.issues(query="is:resolved")[0]["count"] == "1"


def test_an_ignored_issue_stays_ignored(world: World) -> None:
    world.send(exception())
    world.owner.put(f"/issues/{world.issue()['id']}/", {"status": "ignored"})
    world.send(exception())
    assert world.issue(query="is:ignored")["count"] == "2"


def test_an_event_leaves_no_record_beside_itself(world: World) -> None:
    world.send(*[exception()] * 3)
    assert world.activity(world.issue()["id"]) == ["issue.created"]


@pytest.mark.parametrize("type", ["transaction", "session", "sessions", "client_report", "attachment", "made_up"])
def test_other_items_are_taken_and_dropped(world: World, type: str) -> None:
    answer = world.send_envelope(envelope_of({"status": "ok"}, type=type, event_id=ID))
    assert (answer.status_code, answer.json()) == (200, {"id": ID})
    assert world.issues() == []
    # Taken as the original takes it, and never said to be kept.
    named = "other" if type == "made_up" else type
    assert answer.headers["silo-not-offered"] == named
    assert f'silo_items_not_kept_total{{type="{named}"}} 1.0' in world.client.get("/metrics").text


def test_an_envelope_of_several_items_keeps_its_event(world: World) -> None:
    lines = [{"event_id": ID}, {"type": "session"}, {}, {"type": "event"}, exception(), {"type": "client_report"}, {}]
    assert world.send_envelope("\n".join(map(json.dumps, lines)).encode()).json() == {"id": ID}
    assert world.issue()["count"] == "1"


def test_an_envelope_may_prove_itself_by_its_dsn_alone(world: World) -> None:
    dsn = f"http://{world.web.public_key}@us.example/{world.web.id}"
    header, rest = envelope_of(exception()).split(b"\n", 1)
    body = json.dumps(json.loads(header) | {"dsn": dsn}).encode() + b"\n" + rest
    assert world.client.post(f"/api/{world.web.id}/envelope/", content=body).status_code == 200


def test_the_key_may_stand_in_the_query(world: World) -> None:
    path = f"/api/{world.web.id}/envelope/?sentry_key={world.web.public_key}&sentry_version=7"
    assert world.client.post(path, content=envelope_of(exception())).status_code == 200


def test_old_senders_post_the_event_by_itself(world: World) -> None:
    headers = {
        "x-sentry-auth": f"Sentry sentry_version=7, sentry_key={world.web.public_key}",
        "content-encoding": "gzip",
    }
    body = gzip.compress(json.dumps(exception(event_id=ID)).encode())
    assert world.client.post(f"/api/{world.web.id}/store/", content=body, headers=headers).json() == {"id": ID}
    assert world.issue()["count"] == "1"


def test_events_come_in_through_control_as_well(world: World) -> None:
    path = f"{world.http.url('control')}/api/{world.web.id}/envelope/?sentry_key={world.web.public_key}"
    event_id = uuid4().hex
    assert world.client.post(path, content=envelope_of(exception(), event_id=event_id)).json() == {"id": event_id}
    assert world.issue()["count"] == "1"


def test_what_postgresql_cannot_store_is_replaced(world: World) -> None:
    world.send(exception(value="a\x00b\ud800c", transaction="t\x00", user={"id": "\x00"}, tags={"k\x00": "v\udfff"}))
    issue = world.issue()
    event = world.owner.get(f"/issues/{issue['id']}/events/latest/").json()
    assert (issue["title"], issue["culprit"]) == ("ZeroDivisionError: a\ufffdb\ufffdc", "t\ufffd")
    assert {"key": "k\ufffd", "value": "v\ufffd"} in event["tags"]


def _store(world: World, body: bytes, **headers: str) -> httpx.Response:
    path = f"/api/{world.web.id}/store/?sentry_key={world.web.public_key}"
    return world.client.post(
        path, content=body, headers={name.replace("_", "-"): each for name, each in headers.items()}
    )


@pytest.mark.parametrize(
    ("body", "extra"),
    [(b'{"message":"m","extra":{"a":1,"a":2}}', {"a": 2}), (b'{"message":"m","extra":{"x":NaN}}', {"x": None})],
)
def test_json_that_only_some_sdks_write_is_read(world: World, body: bytes, extra: JsonObject) -> None:
    answer = _store(world, body, user_agent="raven-python/6.10.0")
    event = world.owner.get(f"/projects/{world.org}/web/events/{answer.json()['id']}/").json()
    assert (answer.status_code, event["context"]) == (200, extra)


def test_an_envelope_is_read_where_single_events_come_in(world: World) -> None:
    body = b'{}\n{"type":"event"}\n{"message":"in an envelope"}\n'
    assert _store(world, body, content_type="application/x-sentry-envelope").status_code == 200
    assert world.issue()["title"] == "in an envelope"


@pytest.mark.parametrize("pack", [base64.b64encode, lambda body: base64.b64encode(zlib.compress(body))])
def test_an_event_may_come_in_base64(world: World, pack: Callable[[bytes], bytes]) -> None:
    assert _store(world, pack(b'{"message":"from 2012"}')).status_code == 200
    assert world.issue()["title"] == "from 2012"


def test_an_event_is_kept_though_an_attachment_beside_it_is_large(world: World) -> None:
    size = 30 * 2**20
    item = b'{"type":"event"}\n{"message":"beside it"}\n'
    body = b"{}\n" + item + b'{"type":"attachment","length":%d}\n' % size + b"\0" * size
    assert world.send_envelope(gzip.compress(body), content_encoding="gzip").status_code == 200
    assert world.issue()["title"] == "beside it"


def test_an_event_is_kept_though_an_empty_attachment_ends_without_a_line_break(world: World) -> None:
    body = b'{}\n{"type":"event"}\n{"message":"m"}\n{"type":"attachment","filename":"empty.txt","length":0}'
    assert world.send_envelope(body).status_code == 200
    assert world.issue()["title"] == "m"


def test_an_answer_names_all_that_was_not_kept_and_nothing_else(world: World) -> None:
    lines = [{"event_id": ID}, {"type": "session"}, {}, {"type": "event"}, exception(), {"type": "sessions"}, {}]
    lines += [{"type": "event"}, {"type": "transaction"}, {"type": "made\r\nup"}, {}]
    answer = world.send_envelope("\n".join(map(json.dumps, lines)).encode())
    assert answer.headers["silo-not-offered"] == "other, session, sessions, transaction"
    assert "silo-not-offered" not in world.send_envelope(envelope_of(exception())).headers


def test_an_answer_says_so_through_control_as_well(world: World) -> None:
    body = envelope_of({"type": "transaction"}, event_id=ID)
    path = f"/api/{world.web.id}/envelope/?sentry_key={world.web.public_key}"
    assert world.http.call("POST", "control", path, content=body).headers["silo-not-offered"] == "transaction"
