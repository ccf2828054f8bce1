"""What is counted of HTTP: requests by method, route and status, and how long they took. Owns the metrics' names."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.clock import Clock
from shared.errors import SiloError
from shared.http.health import answer_health
from shared.http.threads import ThreadPool
from shared.rpc.tls import TlsConfig

UNKNOWN_ROUTE = "unknown"
"""Label of every path that is no endpoint, so that strangers cannot invent label values."""
METRICS_THREADS = ThreadPool("metrics", threads=1, max_waiting=4)
"""A thread of its own: whoever watches a silo is answered whatever else waits."""
CLOCK = "silo_clock_seconds"
"""Names of metrics that `silo doctor` reads; instants are in seconds since 1970."""
MISSING_MIGRATIONS = "silo_missing_migrations"
SKEW = "silo_clock_skew_seconds"
CERTIFICATE_ENDS = "silo_tls_certificate_expires_at_seconds"
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"})


@dataclass(frozen=True)
class OutboxAge:
    """How long the oldest undelivered message of a category has waited for its destination."""

    destination: str
    category: str
    seconds: float


class Metrics:
    """The metrics of one silo; several silos in one process have one each."""

    def __init__(
        self,
        *,
        list_ages: Callable[[], Iterable[OutboxAge]],
        clock: Clock,
        tls: TlsConfig | None = None,
        list_missing: Callable[[], Sequence[str]] = tuple,
        measure_skew: Callable[[], float] = float,
    ) -> None:
        """Args:
        list_ages: reads the outbox; called at each scrape, so that the age grows while nothing succeeds.
        clock: this silo's, by which calls are believed.
        tls: the certificate whose end is shown; None: there is none.
        list_missing: names of migrations that the database lacks.
        measure_skew: how many seconds this machine's clock is ahead of its database's.
        """
        # Its own: the library's common one would mix the silos of one process.
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "silo_http_requests", "HTTP requests answered.", ["method", "route", "status"], registry=self.registry
        )
        # Without the status: a series for each would be many, and how long it takes depends little on it.
        self.seconds = Histogram(
            "silo_http_request_seconds", "Time to answer, in seconds.", ["method", "route"], registry=self.registry
        )
        # Read at the scrape and not counted along: an age grows while nothing happens.
        self.registry.register(_OutboxAges(list_ages))
        self.registry.register(_Gauge(CLOCK, "Time of day of this silo.", lambda: clock.now().timestamp()))
        self.registry.register(
            _Gauge(MISSING_MIGRATIONS, "Migrations that the database lacks.", lambda: len(list_missing()))
        )
        self.registry.register(_Gauge(SKEW, "Seconds that this clock is ahead of the database's.", measure_skew))
        if tls is not None:
            self.registry.register(
                _Gauge(CERTIFICATE_ENDS, "When this silo's certificate ends.", lambda: tls.expires_at().timestamp())
            )


class _Gauge(Collector):
    """A number that is looked up at each scrape, and missing while it cannot be."""

    def __init__(self, name: str, text: str, read: Callable[[], float]) -> None:
        self._name = name
        self._text = text
        self._read = read

    def describe(self) -> Iterable[Metric]:
        return [self._family()]

    def collect(self) -> Iterator[Metric]:
        family = self._family()
        with suppress(SiloError):  # the database is away, or a file half written
            family.add_metric([], self._read())
        yield family

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(self._name, self._text)


class _OutboxAges(Collector):
    def __init__(self, list_ages: Callable[[], Iterable[OutboxAge]]) -> None:
        self._list_ages = list_ages

    def describe(self) -> Iterable[Metric]:
        return [self._family()]

    def collect(self) -> Iterator[Metric]:
        family = self._family()
        for age in self._list_ages():
            family.add_metric([age.destination, age.category], age.seconds)
        yield family

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(
            "silo_outbox_oldest_age_seconds",
            "Age of the oldest undelivered message.",
            labels=["destination", "category"],
        )


class Measure:
    """Counts and times every request."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        # What is counted when no answer begins: the client has gone.
        status = 499

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        finally:
            # A label is a series for ever: a stranger must not be able to make one up.
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = getattr(scope.get("route"), "path", UNKNOWN_ROUTE)  # the router writes into the scope
            self._metrics.requests.labels(method, route, status).inc()
            self._metrics.seconds.labels(method, route).observe(time.perf_counter() - started)


def add_operations(app: FastAPI, *, check: Callable[[], object], metrics: Metrics) -> None:
    """Adds both paths.

    Args:
        app: the application.
        check: raises a ``SiloError`` when the silo cannot serve.
        metrics: what to print.
    """

    async def show_metrics() -> Response:
        # A scrape reads the database, so that it may not run in the loop.
        printed = await METRICS_THREADS.run(generate_latest, metrics.registry)
        return Response(printed, media_type=CONTENT_TYPE_LATEST)

    answer_health(app, check)
    app.add_api_route("/metrics", show_metrics, methods=["GET"], response_model=None, include_in_schema=False)
