"""Events that come in otherwise than in an envelope or a body, and what is refused with a sentence."""

import base64
import gzip
import json
import zlib
from typing import Any

import brotli
import pytest
from backports import zstd

from region_silo.api.ingest import NO_CRASHES
from region_silo.api.other_ways import NO_NETWORK_ERRORS
from region_silo.events.reports import UNKNOWN_REPORT
from tests.integration.region.issues.world import World, envelope_of, exception, message

CSP = {
    "document-uri": "https://shop.example/cart",
    "violated-directive": "script-src-elem 'self'",
    "blocked-uri": "https://evil.example/x.js",
    "referrer": "",
}
PACKED = {
    "": lambda body: body,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def titles(world: World) -> list[str]:
    return [issue["title"] for issue in world.issues()]


def post(world: World, path: str, body: Any) -> Any:
    query = f"?sentry_key={world.web.public_key}"
    return world.client.post(f"/api/{world.web.id}/{path}/{query}", content=json.dumps(body))


@pytest.mark.parametrize(
    "form", [json.dumps, lambda event: base64.b64encode(zlib.compress(json.dumps(event).encode())).decode()]
)
def test_an_event_may_stand_in_the_query(world: World, form: Any) -> None:
    query = {"sentry_key": world.web.public_key, "sentry_data": form(message("from the query"))}
    answer = world.client.get(f"/api/{world.web.id}/store/", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.content.startswith(b"GIF89a")
    assert titles(world) == ["from the query"]


@pytest.mark.parametrize(("query", "status"), [({}, 400), ({"sentry_data": "e30"}, 401), ({"sentry_data": "%%"}, 401)])
def test_a_query_without_an_event_or_a_key_is_refused(world: World, query: dict[str, str], status: int) -> None:
    assert world.client.get(f"/api/{world.web.id}/store/", params=query).status_code == status


def test_an_event_may_name_its_project_by_the_key_alone(world: World) -> None:
    answer = world.client.post(f"/api/store/?sentry_key={world.web.public_key}", content=json.dumps(message("by key")))
    assert (answer.status_code, titles(world)) == (200, ["by key"])
    other = world.client.post(f"/api/store/?sentry_key={'f' * 32}", content=b"{}")
    assert (other.status_code, other.json()["detail"]) == (403, "event submission rejected with_reason: ProjectId")


@pytest.mark.parametrize("path", ["security", "csp-report"])
@pytest.mark.parametrize(
    "report",
    [
        {"csp-report": CSP},
        [
            {
                "type": "csp-violation",
                "body": {
                    "documentURL": CSP["document-uri"],
                    "effectiveDirective": "script-src-elem",
                    "blockedURL": CSP["blocked-uri"],
                },
            }
        ],
    ],
)
def test_what_a_page_was_forbidden_is_an_event(world: World, path: str, report: Any) -> None:
    answer = post(world, path, report)
    assert answer.status_code == 200
    (issue,) = world.issues()
    assert (issue["title"], issue["culprit"]) == ("Blocked 'script' from 'evil.example'", "script-src-elem")
    event = world.owner.get(f"/organizations/{world.org}/issues/{issue['id']}/events/latest/").json()
    assert {"key": "blocked-uri", "value": CSP["blocked-uri"]} in event["tags"]


def test_a_failed_certificate_check_is_an_event(world: World) -> None:
    assert post(world, "security", {"expect-ct-report": {"hostname": "shop.example"}}).status_code == 200
    assert titles(world) == ["Expect-CT failed for 'shop.example'"]


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("security", {"known-pins": []}, UNKNOWN_REPORT),
        ("security", {"csp-report": {"blocked-uri": "inline"}}, UNKNOWN_REPORT),
        ("security", [], UNKNOWN_REPORT),
        ("security", 7, UNKNOWN_REPORT),
        ("nel", [{"type": "network-error"}], NO_NETWORK_ERRORS),
        ("minidump", {}, NO_CRASHES),
        ("unreal/key", {}, NO_CRASHES),
    ],
)
def test_what_is_not_kept_is_refused_with_a_sentence(world: World, path: str, body: Any, sentence: str) -> None:
    answer = post(world, path, body)
    assert (answer.status_code, answer.json(), titles(world)) == (400, {"detail": sentence}, [])


@pytest.mark.parametrize("encoding", PACKED)
def test_an_envelope_that_is_cut_anywhere_is_never_a_fault_of_ours(world: World, encoding: str) -> None:
    attachment = b'\n{"type":"attachment","length":3}\nabc\n{"type":"session"}\n{}'
    whole = PACKED[encoding](envelope_of({"message": "m", "level": "info"}) + attachment)
    named = encoding or "identity"
    statuses = {world.send_envelope(whole[:length], content_encoding=named).status_code for length in range(len(whole))}
    assert statuses <= {200, 400}
    assert world.send_envelope(whole, content_encoding=named).status_code == 200


def test_an_event_in_a_body_that_is_cut_anywhere_is_never_a_fault_of_ours(world: World) -> None:
    whole = json.dumps(exception()).encode()
    path = f"/api/{world.web.id}/store/?sentry_key={world.web.public_key}"
    statuses = {world.client.post(path, content=whole[:length]).status_code for length in range(len(whole))}
    assert statuses <= {200, 400}
