"""What a project may change of the rules; the rules themselves are tried in ``tests/contract/events``."""

from typing import Any

import pytest

from region_silo.events.normalize import normalize
from region_silo.events.scrubbing import FILTERED, Scrubbing, scrub

EXTRA = {"password": "p", "plan": "free", "card": "4571234567890111", "Order": "A-17"}


def _extra(**options: Any) -> dict[str, Any]:
    event = scrub(normalize({"extra": EXTRA}), Scrubbing(**options))
    found: dict[str, Any] = event.rest["extra"]
    return found


def test_scrubbing_can_be_switched_off() -> None:
    assert _extra(is_on=False, sensitive_fields=("plan",)) == EXTRA


def test_without_defaults_only_what_the_project_names_is_filtered() -> None:
    assert _extra(with_defaults=False) == EXTRA
    assert _extra(with_defaults=False, sensitive_fields=("order",)) == EXTRA | {"Order": FILTERED}


def test_a_project_names_more_secrets_in_any_case_and_by_parts_of_names() -> None:
    assert _extra(sensitive_fields=("PLA",))["plan"] == FILTERED


@pytest.mark.parametrize("name", ["a|b", "(", ".*"])
def test_a_name_is_no_pattern(name: str) -> None:
    assert _extra(sensitive_fields=(name,))["plan"] == "free"


def test_a_safe_field_stays_whatever_it_is_called_or_holds() -> None:
    found = _extra(safe_fields=("PASSWORD", "card"), sensitive_fields=("plan",))
    assert found == EXTRA | {"plan": FILTERED}


@pytest.mark.parametrize(
    "event",
    [
        {"exception": {"values": [{"type": "E", "value": "password=1"}]}},
        {"exception": {"type": "E", "stacktrace": {"frames": [{"filename": "auth/secret.py", "function": "token"}]}}},
        {"message": "m", "tags": {"auth": "basic"}, "contexts": {"os": {"name": "Secret OS"}}},
    ],
)
def test_what_an_issue_is_told_apart_by_stays(event: dict[str, Any]) -> None:
    assert scrub(normalize(event), Scrubbing()) == normalize(event)
