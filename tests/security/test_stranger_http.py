"""Nobody without a key or an account can hold what others need over HTTP: processor, threads, connections."""

import gzip
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pytest

from shared.errors import RateLimited
from shared.http.threads import ThreadPool
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


def test_made_up_sign_ins_hold_no_thread_that_others_need(http: HttpSilos) -> None:
    with ThreadPoolExecutor(60) as strangers:
        url = f"{http.url('control')}/api/0/auth/"
        tries = [strangers.submit(_sign_in, url, f"nobody{number}@acme.example") for number in range(60)]
        statuses = Counter(each.result() for each in tries)
    assert set(statuses) == {401, 429}
    assert httpx.get(f"{http.url('control')}/healthz", trust_env=False, timeout=5).status_code == 200


def _sign_in(url: str, email: str) -> int:
    return httpx.post(url, auth=(email, "made up"), trust_env=False, timeout=60).status_code


def test_a_pool_refuses_whoever_finds_no_place() -> None:
    pool, may_end = ThreadPool("tried", threads=1, max_waiting=1), threading.Event()

    async def crowd() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(pool.run, may_end.wait)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(RateLimited):
                await pool.run(may_end.wait)
            may_end.set()

    anyio.run(crowd)
