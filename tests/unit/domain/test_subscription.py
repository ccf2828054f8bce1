import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.scopes import ALL_SCOPES
from shared.domain.subscription import (
    ALL_EVENTS,
    EVENTS_BY_RESOURCE,
    REQUIRED_SCOPES,
    RESOURCES,
    consolidate_events,
    expand_events,
    invalid_resources,
    is_subscribed,
    resource_of,
    unmet_scope_texts,
)

RESOURCE_SETS = st.sets(st.sampled_from(RESOURCES))


def test_resources_expand_to_sorted_unique_events_and_other_names_pass_through() -> None:
    assert expand_events(["unrelated", "issue", "comment", "unrelated"]) == [
        "comment.created",
        "comment.deleted",
        "comment.updated",
        "issue.assigned",
        "issue.created",
        "issue.ignored",
        "issue.resolved",
        "issue.unresolved",
        "unrelated",
    ]


@given(RESOURCE_SETS)
def test_consolidating_undoes_expanding(resources: set[str]) -> None:
    assert consolidate_events(expand_events(resources)) == sorted(resources)


@given(st.sets(st.one_of(st.sampled_from([*RESOURCES, *sorted(ALL_EVENTS)]), st.text())))
def test_expanding_twice_changes_nothing(names: set[str]) -> None:
    assert expand_events(expand_events(names)) == expand_events(names)


def test_one_event_is_enough_for_its_resource() -> None:
    assert consolidate_events(["issue.created", "metric_alert.critical"]) == ["issue"]


@pytest.mark.parametrize("event", ["seer.iteration_completed", "seer.pr_created", "size_analysis.completed"])
def test_the_newest_events_exist(event: str) -> None:
    assert event in ALL_EVENTS


def test_every_subscription_needs_a_scope_that_exists() -> None:
    assert set(REQUIRED_SCOPES) >= set(RESOURCES)
    assert set(REQUIRED_SCOPES.values()) <= ALL_SCOPES


@pytest.mark.parametrize(
    ("event", "resource"),
    [("issue.resolved", "issue"), ("metric_alert.critical", None), ("issue.unheard", None), ("issue", None)],
)
def test_an_event_belongs_to_the_resource_that_expands_to_it(event: str, resource: str | None) -> None:
    assert resource_of(event) == resource


@given(RESOURCE_SETS, st.sampled_from(sorted(ALL_EVENTS)))
def test_a_subscription_matches_the_whole_resource(resources: set[str], event: str) -> None:
    one_event_each = [EVENTS_BY_RESOURCE[resource][0] for resource in resources]
    assert is_subscribed(one_event_each, event) == (resource_of(event) in resources)


def test_nobody_is_subscribed_to_alerts() -> None:
    assert not is_subscribed(sorted(ALL_EVENTS), "event_alert.triggered")


def test_names_that_are_no_resource_are_invalid() -> None:
    assert invalid_resources(["b", "issue", "a", "b", "issue.created"]) == ["b", "a", "issue.created"]


def test_a_missing_scope_is_named_once_for_each_resource() -> None:
    assert unmet_scope_texts(["issue.created", "issue.resolved", "member"], scopes=["org:read"]) == [
        "issue webhooks require the event:read permission.",
        "member webhooks require the member:read permission.",
    ]
