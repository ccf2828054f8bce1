"""Reporting: control hears what is wrong with apps, from each silo that calls them, whatever is away meanwhile.

What is reported is a state and no event, so that nothing that is lost or said twice does harm: a worker that starts, a
change and the passing of time each bring the newest report.
"""

import random
import threading
import time
from collections.abc import Callable
from typing import TypeAlias

import structlog

from shared.clock import Clock
from shared.database.database import Database
from shared.errors import SiloError
from shared.outbox.breaker import Backoff
from shared.pb.hybridcloud.operations.v1 import topology_service_pb2
from shared.webhooks.health import HealthReport, count_on, read_report

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
"""Between two looks at whether something has changed."""
REPEAT_SECONDS = 600.0
"""After which the same is said again: control may have been put back to a copy that has not heard it."""
AWAY = Backoff(base_seconds=1.0, cap_seconds=30.0)
"""Between attempts while control is away, or too old to be told."""

Tell: TypeAlias = Callable[[HealthReport], object]


class HealthReporter:
    """A thread of a worker; any number of workers of a silo may report."""

    def __init__(self, database: Database, tell: Tell, *, clock: Clock) -> None:
        """Args:
        database: where deliveries are.
        tell: how control is told; raises ``SiloError`` when it was not.
        clock: for revisions.
        """
        self._database = database
        self._tell = tell
        self._clock = clock
        self._rng = random.Random()  # noqa: S311 - jitter
        self._failures = 0
        self._told: int | None = None
        """The revision that control knows; None: not even that this worker began."""
        self._told_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="app-health", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after what it is doing. Idempotent, and harmless before ``start``."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def report_new(self) -> bool:
        """Tells control if it may not know what is wrong now; answers whether it was told.

        Raises:
            SiloError: control was not told, or the database does not answer.
        """
        if self._told is None:
            # So that it outranks what the silo said before its database was put back, or was lost.
            # Once for each worker that starts: it cannot know whether the database is the one of before.
            with self._database.transaction() as tx:
                count_on(tx, at=self._clock.now())
        report = read_report(self._database)
        # Only one look at a number a second, while nothing is wrong anywhere.
        if report.revision == self._told and time.monotonic() - self._told_at < REPEAT_SECONDS:
            return False
        # Outside any transaction, as every call to another silo.
        self._tell(report)
        self._told, self._told_at = report.revision, time.monotonic()
        return True

    def _run(self) -> None:
        wait = LOOK_SECONDS
        while not self._stopping.wait(wait):
            try:
                self.report_new()
                self._failures, wait = 0, LOOK_SECONDS
            except SiloError as exc:
                self._failures += 1
                wait = max(LOOK_SECONDS, AWAY.seconds(self._failures, rng=self._rng))
                log.info("webhooks.health_unreported", reason=exc.reason)
            except Exception as exc:
                log.exception("webhooks.reporting_failed", exc_info=exc)


def health_message(report: HealthReport) -> topology_service_pb2.ReportAppHealthRequest:
    """A report as it travels."""
    message = topology_service_pb2.ReportAppHealthRequest(revision=report.revision)
    for each in report.apps:
        app = message.apps.add(sentry_app_id=each.sentry_app_id)
        if each.circuit_opened_at:
            app.circuit_opened_at.FromDatetime(each.circuit_opened_at)
        if each.parked_at:
            app.parked_at.FromDatetime(each.parked_at)
    return message
