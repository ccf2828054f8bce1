"""What is refused where events come in, and how browsers are told."""

import base64
import json
import zlib

import httpx
import pytest

from region_silo.api.envelope import MAX_ENVELOPE_BYTES, MAX_EVENT_BYTES, MAX_UNPACKED_BYTES
from region_silo.api.ingest import NO_CRASHES
from tests.integration.region.issues.world import World, envelope_of, exception, message

REJECTED = {"detail": "event submission rejected with_reason: ProjectId"}


def _send(world: World, *, headers: dict[str, str] | None = None, query: str = "", project: str = "") -> httpx.Response:
    path = f"/api/{project or world.web.id}/envelope/{query}"
    return world.client.post(path, content=envelope_of(exception()), headers=headers or {})


def test_another_key_is_rejected(world: World) -> None:
    answer = world.send_envelope(envelope_of(exception()), key="f" * 32)
    assert (answer.status_code, answer.json()) == (403, REJECTED)


def test_the_key_of_another_project_is_rejected(world: World) -> None:
    answer = world.send_envelope(envelope_of(exception()), key=world.project("api").public_key)
    assert (answer.status_code, answer.json()) == (403, REJECTED)


def test_an_unknown_project_is_rejected_like_a_wrong_key(world: World) -> None:
    answer = _send(world, project="999999", query=f"?sentry_key={world.web.public_key}")
    assert (answer.status_code, answer.json()) == (403, REJECTED)


def test_without_a_key_nobody_is_known(world: World) -> None:
    assert _send(world).json() == {"detail": "missing authorization information"}
    assert _send(world).status_code == 401


@pytest.mark.parametrize(
    "header", ["Sentry", "Sentry sentry_version=7", "Bearer x", "Sentry sentry_key=é", "sentry_key=1"]
)
def test_a_header_that_names_no_key_is_refused(world: World, header: str) -> None:
    assert _send(world, headers={"x-sentry-auth": header.encode()}).status_code == 401  # type: ignore[dict-item]


def test_two_keys_are_refused(world: World) -> None:
    key = world.web.public_key
    answer = _send(world, headers={"x-sentry-auth": f"Sentry sentry_key={key}"}, query=f"?sentry_key={key}")
    assert (answer.status_code, answer.json()["detail"]) == (401, "multiple authorization payloads detected")


@pytest.mark.parametrize("dsn", ["http://other@host/1", "http://host/1", "http://[", ""])
def test_an_envelope_for_somebody_else_is_refused(world: World, dsn: str) -> None:
    body = json.dumps({"dsn": dsn}).encode() + b'\n{"type":"event"}\n{}'
    assert world.send_envelope(body).status_code == 400


@pytest.mark.parametrize("project", ["web", "0x1", "1" * 30, "%00", "-1"])
def test_a_project_is_a_number(world: World, project: str) -> None:
    assert _send(world, project=project, query=f"?sentry_key={world.web.public_key}").status_code == 400


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b'"text"',
        b"null",
        b"\xff",
        b'{"event_id":7}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
    ],
)
def test_what_is_no_event_is_malformed(world: World, payload: bytes) -> None:
    body = b"{}\n" + json.dumps({"type": "event", "length": len(payload)}).encode() + b"\n" + payload
    answer = world.send_envelope(body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"detail"}


@pytest.mark.parametrize("payload", [{"event_id": "short"}, {"event_id": []}, {"event_id": "g" * 32}])
def test_an_event_id_that_is_none_is_refused(world: World, payload: dict[str, object]) -> None:
    body = b"{}\n" + b'{"type":"event"}\n' + json.dumps(payload).encode()
    assert world.send_envelope(body).json() == {"detail": "invalid event identifier"}


def test_a_larger_event_than_a_megabyte_is_refused(world: World) -> None:
    answer = world.send_envelope(envelope_of(message("x" * MAX_EVENT_BYTES)))
    assert (answer.status_code, answer.json()["detail"]) == (413, "envelope exceeded size limits for type 'event'")


def test_an_event_of_just_under_a_megabyte_is_stored(world: World) -> None:
    world.send(message("x" * (MAX_EVENT_BYTES - 200)))
    assert world.issue()["title"] == f"{'x' * 97}..."


def test_a_larger_envelope_than_the_limit_is_refused(world: World) -> None:
    assert world.send_envelope(b"{}\n" + b" " * MAX_ENVELOPE_BYTES).status_code == 413


def test_a_bomb_is_refused(world: World) -> None:
    packed = zlib.compress(b"{}" + b"\n" * MAX_UNPACKED_BYTES)
    assert world.send_envelope(packed, content_encoding="deflate").status_code == 413


@pytest.mark.parametrize(
    ("encoding", "status"), [("gzip", 400), ("deflate", 400), ("br", 400), ("zstd", 400), ("lzw", 415)]
)
def test_a_body_that_is_not_what_its_header_says_is_refused(world: World, encoding: str, status: int) -> None:
    assert world.send_envelope(b"not packed", content_encoding=encoding).status_code == status


@pytest.mark.parametrize(
    "body", [b"", b"junk", b"[]", b"{", base64.b64encode(b"junk"), base64.b64encode(zlib.compress(b"[]"))]
)
def test_an_old_sender_is_refused_like_a_new_one(world: World, body: bytes) -> None:
    path = f"/api/{world.web.id}/store/?sentry_key={world.web.public_key}"
    assert world.client.post(path, content=body).status_code == 400


def test_a_browser_may_ask_whether_it_may_send(world: World) -> None:
    headers = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    answer = world.client.options(f"/api/{world.web.id}/envelope/", headers=headers)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert {"x-sentry-auth", "content-encoding"} <= set(answer.headers["access-control-allow-headers"].split(", "))


@pytest.mark.parametrize(("key", "status"), [("", 200), ("f" * 32, 403)])
def test_a_browser_may_read_the_answer_whatever_it_is(world: World, key: str, status: int) -> None:
    answer = world.send_envelope(envelope_of(exception()), key=key or None, origin="https://shop.example")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, "*")


def test_where_events_come_in_only_sending_is_allowed(world: World) -> None:
    answers = [world.client.request(method, f"/api/{world.web.id}/envelope/") for method in ("GET", "OPTIONS")]
    assert [(answer.status_code, answer.headers["allow"]) for answer in answers] == [
        (405, "OPTIONS, POST"),
        (200, "OPTIONS, POST"),
    ]


@pytest.mark.parametrize("kind", ["event.minidump", "event.applecrashreport"])
def test_a_crash_report_alone_is_not_said_to_be_kept(world: World, kind: str) -> None:
    header = json.dumps({"type": "attachment", "attachment_type": kind, "length": 4}).encode()
    answer = world.send_envelope(b"{}\n" + header + b"\nMDMP")
    assert (answer.status_code, answer.json()) == (400, {"detail": NO_CRASHES})
