"""A client in a loop is told to wait, by whichever silo it asks; others go on."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.domain.peer import CONTROL
from tests.integration.rest.conftest import Web

LIMIT = 3


@pytest.fixture(params=["us", CONTROL])
def limited(web: Web, request: pytest.FixtureRequest) -> Iterator[str]:
    """A silo that allows little, for one test."""
    silo: str = request.param
    web.silos.clock.advance(1)
    web.http.stop(silo)
    web.http.start(silo, requests_per_second=LIMIT)
    yield silo
    web.http.stop(silo)
    web.http.start(silo)


def _remaining(web: Web, silo: str, path: str = "/api/0/auth/", **credentials: Any) -> tuple[int, str]:
    answer = web.http.get(silo, path, **credentials)
    return answer.status_code, answer.headers["x-sentry-rate-limit-remaining"]


def test_a_client_counts_down_and_is_told_to_wait(web: Web, limited: str) -> None:
    answers = [_remaining(web, limited, token=web.owner.token) for _ in range(LIMIT + 1)]
    assert answers == [(200, "2"), (200, "1"), (200, "0"), (429, "0")]
    refused = web.http.get(limited, "/api/0/auth/", token=web.owner.token)
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["x-sentry-rate-limit-limit"] == str(LIMIT)
    assert int(refused.headers["x-sentry-rate-limit-reset"]) > web.silos.clock.now().timestamp()
    assert "detail" in refused.json()


def test_other_credentials_are_counted_by_themselves(web: Web, limited: str) -> None:
    assert _remaining(web, limited, token=web.owner.token) == (200, "2")
    assert _remaining(web, limited, session=web.owner.session_key) == (200, "2")


def test_a_credential_that_is_spelled_otherwise_is_counted_with_the_others(web: Web, limited: str) -> None:
    spellings = [{"Authorization": f"{scheme} {web.owner.token}"} for scheme in ("Bearer", "bearer", "BEARER  ")]
    assert [_remaining(web, limited, headers=each)[1] for each in spellings] == ["2", "1", "0"]
    beside = [{"Authorization": value} for value in ("", "Digest 1", "Digest 2")]
    remaining = [_remaining(web, limited, session=web.owner.session_key, headers=each) for each in beside]
    assert remaining == [(200, "2"), (200, "1"), (200, "0")]


def test_forwarded_requests_are_counted_where_the_client_asked(web: Web, limited: str) -> None:
    for _ in range(LIMIT):
        assert web.http.get(CONTROL, "/api/0/organizations/acme/", token=web.owner.token).status_code == 200
    last = web.http.get(CONTROL, "/api/0/organizations/acme/", token=web.owner.token)
    assert last.status_code == (429 if limited == CONTROL else 200)


def test_health_and_metrics_are_not_limited(web: Web, limited: str) -> None:
    statuses = {
        web.http.get(limited, path).status_code
        for path in ("/healthz", "/readyz", "/metrics")
        for _ in range(LIMIT + 1)
    }
    assert statuses == {200}
