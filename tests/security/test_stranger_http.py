"""Nobody without a key or an account can hold what others need over HTTP: processor, threads, connections."""

import gzip
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.http_silos import HttpSilos, serving_http
from tests.silos import running_silos

LINE_BREAKS = gzip.compress(b'{"dsn":"http://unknown@us.test/1"}\n' + b"\n" * 20_000_000)
"""20 kB that are 20 MB of nothing."""


@pytest.fixture
def http(new_database_url: Callable[[], str]) -> Iterator[HttpSilos]:
    with running_silos(new_database_url, regions=["us"]) as silos, serving_http(silos) as web:
        yield web


@pytest.mark.parametrize("headers", [{}, {"x-sentry-auth": "Sentry sentry_key=unknown"}])
def test_what_a_stranger_packed_is_not_unpacked(http: HttpSilos, headers: dict[str, str]) -> None:
    url, before = http.url("us"), time.process_time()
    packed = {"content-encoding": "gzip", **headers}
    answer = httpx.post(f"{url}/api/1/envelope/", content=LINE_BREAKS, headers=packed, trust_env=False, timeout=30)
    assert answer.status_code == 403
    assert time.process_time() - before < 0.5, "processor"
