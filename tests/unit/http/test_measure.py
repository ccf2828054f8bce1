"""Metrics that a silo has only where it is configured so."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from prometheus_client import generate_latest

from shared.clock import SystemClock
from shared.http.measure import Measure, Metrics
from shared.rpc.tls import TlsConfig
from tests.certificates import write_certificate

NAME = "silo_tls_certificate_expires_at_seconds"


def gauges(tls: TlsConfig | None) -> dict[str, float]:
    """What is printed, by name."""
    printed = generate_latest(Metrics(list_ages=list, clock=SystemClock(), tls=tls).registry).decode()
    lines = [line.split() for line in printed.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_the_end_of_the_certificate_is_a_metric(tmp_path: Path) -> None:
    file = write_certificate(tmp_path / "us.pem", name="us.silo.internal")
    in_a_year = SystemClock().now() + timedelta(days=365)
    assert gauges(TlsConfig(file, file, file))[NAME] == pytest.approx(in_a_year.timestamp(), abs=3600)


def test_without_tls_there_is_no_such_metric() -> None:
    assert NAME not in gauges(None)


def test_a_certificate_that_is_half_written_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "half.pem"
    file.write_text("-----BEGIN CERT")
    assert NAME not in gauges(TlsConfig(file, file, file))


@pytest.mark.parametrize(
    ("method", "label"),
    [*((each, each) for each in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")), ("BREW", "other")],
)
def test_a_request_is_counted_by_its_method_unless_somebody_made_that_up(method: str, label: str) -> None:
    async def ignore(*_: object) -> None:
        pass

    metrics, nothing = Metrics(list_ages=list, clock=SystemClock()), cast("Any", ignore)
    asyncio.run(Measure(nothing, metrics=metrics)({"type": "http", "method": method}, nothing, nothing))
    assert f'method="{label}"' in generate_latest(metrics.registry).decode()
