"""Whoever watches a silo is answered, whatever strangers do and whatever else waits."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from shared.clock import SystemClock
from shared.errors import DatabaseUnavailable
from shared.http import health
from shared.http.application import create_application
from shared.http.health import HANGS
from shared.http.measure import Metrics, add_operations
from shared.http.serve import HttpServer

MANY = 60
"""More than the threads of a server."""


class Watched:
    """A silo whose database answers when a test says so, and whose threads a test can keep busy."""

    def __init__(self, closing: ExitStack) -> None:
        self.answers, self.may_end = threading.Event(), threading.Event()
        self.answers.set()
        self.checks = 0
        self.problem: Exception | None = None
        metrics = Metrics(list_ages=list, clock=SystemClock())
        app = create_application([], title="watched", description="", metrics=metrics)
        self._keep_busy(app)
        add_operations(app, check=self._check, metrics=metrics)
        self._server = HttpServer(app, listen="127.0.0.1:0")
        self._server.start()
        closing.callback(self._server.stop)
        closing.callback(self.may_end.set)
        closing.callback(self.answers.set)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://{self._server.address}{path}", trust_env=False, timeout=30)

    def _keep_busy(self, app: FastAPI) -> None:
        async def wait() -> Response:
            await run_in_threadpool(self.may_end.wait)
            return Response()

        app.add_api_route("/wait", wait, response_model=None)

    def _check(self) -> None:
        self.checks += 1
        self.answers.wait()
        if self.problem:
            raise self.problem


@pytest.fixture
def silo() -> Iterator[Watched]:
    with ExitStack() as closing:
        yield Watched(closing)


def test_health_is_told_while_all_workers_are_busy(silo: Watched) -> None:
    with ThreadPoolExecutor(MANY) as clients:
        waiting = [clients.submit(silo.get, "/wait") for _ in range(MANY)]
        assert silo.get("/readyz").status_code == 200
        silo.may_end.set()
        assert {each.result().status_code for each in waiting} == {200}


def test_health_is_told_while_the_database_hangs(silo: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.1)
    silo.answers.clear()
    with ThreadPoolExecutor(MANY) as probes:
        answers = list(probes.map(silo.get, ["/readyz"] * MANY))
    assert {(answer.status_code, answer.json()["detail"]) for answer in answers} == {(503, HANGS)}
    assert silo.checks == 1, "who asks meanwhile takes no further thread and no further connection"
    silo.answers.set()
    assert silo.get("/readyz").status_code == 200


@pytest.mark.parametrize(
    ("problem", "detail"), [(DatabaseUnavailable("It is away."), "It is away."), (ValueError("x"), "Internal Error")]
)
def test_health_says_what_is_wrong_and_no_secret(silo: Watched, problem: Exception, detail: str) -> None:
    silo.problem = problem
    answer = silo.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "detail": detail})
