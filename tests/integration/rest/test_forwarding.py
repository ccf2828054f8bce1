"""Control as the one base URL of a client: what regions own, they answer."""

from typing import Any

import pytest

from shared.domain.region_id import region_id
from tests.integration.rest.conftest import ORIGIN, Web


def test_control_answers_what_the_region_answers(web: Web) -> None:
    there = web.http.get("us", "/api/0/organizations/acme/", token=web.owner.token)
    here = web.http.get("control", "/api/0/organizations/acme/", token=web.owner.token)
    assert (here.status_code, there.status_code) == (200, 200)
    assert here.json() | {"links": None} == there.json() | {"links": None}


def test_links_in_a_forwarded_answer_name_the_address_that_the_client_used(web: Web) -> None:
    links = web.http.get("control", "/api/0/organizations/acme/", token=web.owner.token).json()["links"]
    assert links == {"organizationUrl": web.http.url("control"), "regionUrl": web.http.url("us")}


def test_who_claims_to_have_forwarded_changes_no_links(web: Web) -> None:
    claims = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Silo-Forwarded": "main 1 ff"}
    answer = web.http.get("us", "/api/0/organizations/", token=web.owner.token, headers=claims)
    assert "evil" not in answer.text + answer.headers["link"]


def test_a_forwarded_request_is_refused_in_the_regions_words(web: Web) -> None:
    answer = web.http.get("control", "/api/0/organizations/globex/", token=web.owner.token)
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Could not find requested organization"}
    assert answer.headers["silo-reason"] == "ORGANIZATION_NOT_FOUND"


def test_a_session_is_forwarded_too(web: Web) -> None:
    answer = web.http.get("control", "/api/0/organizations/acme/", session=web.owner.session_key)
    assert answer.status_code == 200


def test_a_path_without_its_last_slash_is_forwarded(web: Web) -> None:
    assert web.http.get("control", "/api/0/organizations/acme", token=web.owner.token).status_code == 200


def test_head_is_forwarded_without_a_body(web: Web) -> None:
    answer = web.http.call("HEAD", "control", "/api/0/organizations/acme/", token=web.owner.token)
    assert (answer.status_code, answer.content) == (200, b"")


def test_any_method_that_control_does_not_know_is_told_which_there_are(web: Web) -> None:
    path = "/api/0/organizations/acme/projects/"
    there, here = (web.http.call("TRACE", silo, path, token=web.owner.token) for silo in ("us", "control"))
    assert (here.status_code, here.headers["allow"]) == (405, there.headers["allow"])
    invented = web.http.call("BREW", "control", path, token=web.owner.token)
    assert {"POST", "PUT", "DELETE"} <= set(invented.headers["allow"].split(", "))


def test_a_method_that_the_region_lacks_is_refused_by_the_region(web: Web) -> None:
    answer = web.http.call("PATCH", "control", "/api/0/organizations/acme/", token=web.owner.token)
    assert answer.status_code == 405
    assert answer.json() == {"detail": 'Method "PATCH" not allowed.'}


_NOT_FOUND: dict[str, str] = {
    "organizations/nowhere/": "Could not find requested organization",
    "organizations/nowhere/issues/": "Could not find requested organization",
    "projects/nowhere/web/": "Could not find requested organization",
    "issues/7/": "The requested resource does not exist.",
    f"issues/{region_id(1, region_number=900)}/": "The requested resource does not exist.",
    f"issues/{'9' * 5000}/": "The requested resource does not exist.",
    "sentry-app-installations/00000000-0000-4000-8000-000000000000/external-issues/": "Could not find given sentry app "
    "installation",
    "sentry-app-installations/%00/external-requests/": "Could not find given sentry app installation",
    "sentry-apps/nothing/interaction/": "Could not find the requested sentry app",
}


@pytest.mark.parametrize(("path", "text"), _NOT_FOUND.items(), ids=[path[:40] for path in _NOT_FOUND])
def test_what_lives_nowhere_does_not_exist(web: Web, path: str, text: str) -> None:
    answer = web.http.get("control", f"/api/0/{path}", token=web.owner.token)
    assert (answer.status_code, answer.json()) == (404, {"detail": text})


def test_a_stranger_learns_nothing_of_what_exists(web: Web) -> None:
    answers = [web.http.get("control", f"/api/0/organizations/{slug}/") for slug in ("acme", "nowhere")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()


def test_events_for_a_project_that_no_region_made_are_refused_as_regions_refuse_them(web: Web) -> None:
    unknown = region_id(7, region_number=1)
    answers = [
        web.http.call("POST", "control", f"/api/{each}/store/?sentry_key=k", content=b"{}") for each in (7, unknown)
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json() == answers[1].json()


def test_preflights_of_forwarded_paths_are_answered(web: Web) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = web.http.call("OPTIONS", "control", "/api/0/organizations/acme/", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers


def test_an_allowed_origin_is_told_so_through_control(web: Web) -> None:
    answer = web.http.get("control", "/api/0/organizations/acme/", token=web.robot_token, headers={"Origin": ORIGIN})
    assert answer.headers.get_list("access-control-allow-origin") == [ORIGIN]


def _requests_by_route(metrics: str) -> set[str]:
    return {line for line in metrics.splitlines() if line.startswith("silo_http_requests_total")}


def test_forwarded_requests_are_counted_by_route(web: Web) -> None:
    web.http.get("control", "/api/0/organizations/acme/", token=web.owner.token)
    counted: Any = _requests_by_route(web.http.get("control", "/metrics").text)
    assert any('route="/api/0/organizations/{organization_id_or_slug}/",status="200"' in line for line in counted)
