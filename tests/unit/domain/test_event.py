import pytest

from region_silo.webhooks.payload import PAYLOADS
from shared.domain.event import EVENTS, INSTALLATION_EVENTS, AppEvent, Told
from shared.domain.happening import Detail
from shared.domain.subscription import REQUIRED_SCOPES

TOLD_BY_REGIONS = [event for event in AppEvent if event.row.told in (Told.SUBSCRIBERS, Told.NAMED)]
MADE_HERE = [event for event in TOLD_BY_REGIONS if event.row.trigger is not None]


@pytest.mark.parametrize("event", AppEvent)
def test_an_event_is_a_resource_and_an_action_and_a_sentence(event: AppEvent) -> None:
    assert (event.value, EVENTS[event.value]) == (f"{event.resource}.{event.action}", event)
    assert event.action
    assert event.happens.endswith(".")


@pytest.mark.parametrize("event", [event for event in AppEvent if event.row.told is Told.SUBSCRIBERS])
def test_whoever_subscribes_to_an_event_needs_a_scope(event: AppEvent) -> None:
    assert event.resource in REQUIRED_SCOPES


@pytest.mark.parametrize("event", MADE_HERE)
def test_an_event_that_is_made_here_has_a_payload(event: AppEvent) -> None:
    assert event.row.detail in PAYLOADS


@pytest.mark.parametrize("event", [event for event in TOLD_BY_REGIONS if event.row.detail])
def test_an_event_that_has_a_payload_is_made_by_something(event: AppEvent) -> None:
    assert event.row.trigger is not None


@pytest.mark.parametrize("detail", Detail.__subclasses__())
def test_every_payload_is_some_events(detail: type[Detail]) -> None:
    assert detail in {event.row.detail for event in AppEvent}
    assert detail in PAYLOADS


@pytest.mark.parametrize("event", [event for event in MADE_HERE if event.resource == "issue"])
def test_what_happens_to_an_issue_is_shown_in_its_activity(event: AppEvent) -> None:
    assert event.row.activity


def test_control_tells_of_installations() -> None:
    assert {"installation.created", "installation.deleted"} == INSTALLATION_EVENTS
