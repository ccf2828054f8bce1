import pytest

from region_silo.webhooks.payload import PAYLOADS
from shared.domain.event import EVENTS, INSTALLATION_EVENTS, AppEvent, Told
from shared.domain.happening import WHOLE, Detail
from shared.domain.subscription import REQUIRED_SCOPES

SPECIFIED = """
    issue.assigned issue.created issue.ignored issue.resolved issue.unresolved issue.unassigned error.created
    comment.created comment.deleted comment.updated
    seer.root_cause_started seer.root_cause_completed seer.solution_started seer.solution_completed seer.coding_started
    seer.coding_completed seer.triage_started seer.triage_completed seer.impact_assessment_started
    seer.impact_assessment_completed seer.iteration_started seer.iteration_completed seer.pr_created
    preprod_artifact.size_analysis_completed preprod_artifact.build_distribution_completed size_analysis.completed
    installation.created installation.deleted event_alert.triggered
    metric_alert.open metric_alert.resolved metric_alert.critical metric_alert.warning
    external_issue.created external_issue.linked select_options.requested
    alert_rule_action.requested alert_rule_action.error
"""
"""Every event that apps can be told of or asked by, as the specification has them, and the one that is this house's."""
TOLD_BY_REGIONS = [event for event in AppEvent if event.row.told in (Told.SUBSCRIBERS, Told.NAMED)]
MADE_HERE = [event for event in TOLD_BY_REGIONS if event.row.trigger is not None]


def test_there_is_every_event_of_the_specification_and_no_other() -> None:
    assert sorted(AppEvent) == sorted(SPECIFIED.split())


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
    assert event.row.detail in {*PAYLOADS, *WHOLE}


@pytest.mark.parametrize("event", [event for event in TOLD_BY_REGIONS if event.row.detail])
def test_an_event_that_has_a_payload_is_made_by_something(event: AppEvent) -> None:
    assert event.row.trigger is not None


@pytest.mark.parametrize("detail", Detail.__subclasses__())
def test_every_payload_is_some_events(detail: type[Detail]) -> None:
    assert detail in {event.row.detail for event in AppEvent}
    assert detail in {*PAYLOADS, *WHOLE}


@pytest.mark.parametrize("event", [event for event in MADE_HERE if event.resource == "issue"])
def test_what_happens_to_an_issue_is_shown_in_its_activity(event: AppEvent) -> None:
    assert event.row.activity


def test_control_tells_of_installations() -> None:
    assert {"installation.created", "installation.deleted"} == INSTALLATION_EVENTS
