"""What is counted of comparing silos in the background: rounds, and differences found and mended."""

from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.database.database import Database
from shared.errors import SiloError
from shared.outbox.status import list_destinations


class Comparisons(Collector):
    """Reads the outbox at each scrape: the worker that compares may be another process. Nothing while it is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterable[Metric]:
        return _families()

    def collect(self) -> Iterator[Metric]:
        rounds, found, mended = families = _families()
        try:
            with self._database.session():
                statuses = list_destinations(self._database)
        except SiloError:
            statuses = []
        for status in statuses:
            if status.comparison:
                rounds.add_metric([status.destination], status.comparison.rounds)
                mended.add_metric([status.destination], status.comparison.mended)
                for sort, count in status.comparison.found.items():
                    found.add_metric([status.destination, sort.value], count)
        yield from families


def _families() -> tuple[CounterMetricFamily, CounterMetricFamily, CounterMetricFamily]:
    return (
        CounterMetricFamily("silo_comparisons", "Comparisons that came to their end.", labels=["destination"]),
        CounterMetricFamily(
            "silo_differences_found", "Differences that no message told of.", labels=["destination", "sort"]
        ),
        CounterMetricFamily("silo_differences_mended", "Differences that were sent again.", labels=["destination"]),
    )
