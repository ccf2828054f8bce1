"""A region that is away costs its own callers one refusal, and nobody else anything."""

import threading
from collections.abc import Iterator

import pytest

from tests.integration.rest.conftest import Web


@pytest.fixture
def us_away(web: Web) -> Iterator[None]:
    web.http.stop("us")
    yield
    web.http.start("us")


@pytest.mark.usefixtures("us_away")
def test_a_region_that_is_away_is_named(web: Web) -> None:
    answer = web.http.get("control", "/api/0/organizations/acme/", token=web.owner.token)
    assert answer.status_code == 503
    assert answer.json() == {"detail": "The region us is not available right now."}
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.usefixtures("us_away")
def test_other_regions_answer_while_one_is_away(web: Web) -> None:
    statuses = [
        web.http.get("control", f"/api/0/organizations/{slug}/", token=web.superuser.token).status_code
        for slug in ("acme", "globex", "acme", "globex")
    ]
    assert statuses == [503, 200, 503, 200]


@pytest.mark.usefixtures("us_away")
def test_control_answers_its_own_paths_while_a_region_is_away(web: Web) -> None:
    assert web.http.get("control", "/api/0/organizations/", token=web.owner.token).status_code == 200


def test_a_region_that_returns_elsewhere_is_found_at_once(web: Web) -> None:
    web.http.stop("us")
    assert web.http.get("control", "/api/0/organizations/acme/", token=web.owner.token).status_code == 503
    web.http.start("us")
    assert web.http.get("control", "/api/0/organizations/acme/", token=web.owner.token).status_code == 200


def test_refusals_of_a_region_never_open_its_circuit(web: Web) -> None:
    for _ in range(20):
        assert web.http.get("control", "/api/0/organizations/acme/", token="f" * 64).status_code == 401
    answer = web.http.get("control", "/api/0/organizations/acme/", token=web.owner.token)
    assert answer.status_code == 200


@pytest.mark.usefixtures("us_away")
def test_many_requests_to_a_region_that_is_away_are_all_refused(web: Web) -> None:
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(web.http.get("control", "/api/0/organizations/acme/", token=web.owner.token).status_code)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [503] * 16
