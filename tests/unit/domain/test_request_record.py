from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers

from shared.clock import FrozenClock
from shared.domain.event import REQUEST_LOG_EVENTS
from shared.domain.request_record import Exchange, RequestRecord, record_exchange


def record(event: str = "issue.created", *, is_internal: bool = False, **exchange: Any) -> RequestRecord | None:
    fields = {"url": "https://me:pw@kanban.example/hook?a=1", "headers": {"Request-ID": "1"}, "body": b"{}"}
    return record_exchange(
        Exchange(**fields | exchange),
        sentry_app_id=1,
        event=event,
        sent_at=FrozenClock().now(),
        organization_id=5,
        is_internal=is_internal,
    )


@pytest.mark.parametrize("event", sorted(REQUEST_LOG_EVENTS))
def test_every_event_of_the_log_is_accepted(event: str) -> None:
    assert record(event) is not None


@pytest.mark.parametrize("event", ["", "issue", "issue.exploded", "alert_rule_action"])
def test_any_other_event_is_dropped(event: str) -> None:
    assert record(event) is None


@given(integers(0, 999))
def test_headers_and_bodies_are_kept_of_errors_alone(code: int) -> None:
    made = record(response_code=code, response_body=b"no")
    assert made is not None
    is_kept = (made.request_headers, made.request_body, made.response_body) == ({"Request-ID": "1"}, "{}", "no")
    assert is_kept == made.is_error == (code == 0 or 400 <= code <= 599)


def test_credentials_in_an_address_are_left_out() -> None:
    made = record()
    assert made is not None
    assert made.webhook_url == "https://kanban.example/hook?a=1"


def test_an_internal_apps_organization_is_left_out() -> None:
    made, internal = record(), record(is_internal=True)
    assert made is not None
    assert internal is not None
    assert (made.organization_id, internal.organization_id) == (5, None)


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"sentry-hook-error": "e", "sentry-hook-project": "7"}, ("e", 7)),
        ({"sentry-hook-error": "e"}, (None, None)),
        ({"sentry-hook-project": "7"}, (None, None)),
        ({"sentry-hook-error": "e", "sentry-hook-project": "x"}, (None, None)),
        ({"sentry-hook-error": "e", "sentry-hook-project": "9" * 30}, (None, None)),
    ],
)
def test_an_error_and_its_project_are_kept_together_or_not_at_all(
    headers: dict[str, str], named: tuple[str | None, int | None]
) -> None:
    made = record(response_headers=headers)
    assert made is not None
    assert (made.error_id, made.project_id) == named


@given(binary(max_size=6000))
def test_a_body_is_cut_to_text_that_any_column_holds(body: bytes) -> None:
    made = record(response_code=500, response_body=body)
    assert made is not None
    assert made.response_body is not None
    assert len(made.response_body) <= 1024
    assert "\x00" not in made.response_body


def test_neither_headers_nor_bodies_are_printed() -> None:
    made = record(response_code=500, response_body=b"secret-answer", headers={"X": "secret-header"})
    assert "secret" not in repr(made)
