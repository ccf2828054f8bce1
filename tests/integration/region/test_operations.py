"""What operators see of a region over HTTP."""

from collections.abc import Iterator

import pytest

from shared.outbox.enqueue import enqueue
from tests.http_silos import HttpSilos, serving_http
from tests.silos import Silos

GAUGE = 'silo_outbox_oldest_age_seconds{category="organization",destination="control"}'


@pytest.fixture
def web(silos: Silos) -> Iterator[HttpSilos]:
    silos.replicate()
    with serving_http(silos) as web:
        yield web


@pytest.fixture
def without_outbox(silos: Silos, web: HttpSilos) -> Iterator[HttpSilos]:
    database = silos.database("us")
    with database.transaction():
        database.rows("ALTER TABLE outbox RENAME TO lost")
    yield web
    with database.transaction():
        database.rows("ALTER TABLE lost RENAME TO outbox")


def test_the_age_is_zero_where_nothing_waits(web: HttpSilos) -> None:
    assert f"{GAUGE} 0.0" in web.get("us", "/metrics").text


def test_the_age_of_the_oldest_message_for_control_grows(silos: Silos, web: HttpSilos) -> None:
    with silos.database("us").transaction() as tx:
        enqueue(tx, "organization", [1], destinations=["control"])
    silos.clock.advance(7)
    assert f"{GAUGE} 7.0" in web.get("us", "/metrics").text


def test_the_other_metrics_are_there_while_the_outbox_cannot_be_read(without_outbox: HttpSilos) -> None:
    without_outbox.get("us", "/readyz")
    answer = without_outbox.get("us", "/metrics")
    assert answer.status_code == 200
    assert "silo_http_requests_total{" in answer.text
    assert "silo_outbox_oldest_age_seconds{" not in answer.text


def test_how_far_the_machine_s_clock_is_off_is_among_the_metrics(web: HttpSilos) -> None:
    assert "\nsilo_clock_skew_seconds 0.0\n" in web.get("us", "/metrics").text
