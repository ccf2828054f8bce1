import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import subscription
from shared.domain.scopes import ALL_SCOPES
from shared.domain.subscription import (
    ALL_EVENTS,
    EVENTS_BY_RESOURCE,
    REQUIRED_SCOPES,
    RESOURCES,
    consolidate_events,
    expand_events,
    invalid_subscriptions,
    is_subscribed,
    resource_of,
    unmet_scope_texts,
)

RESOURCE_SETS = st.sets(st.sampled_from(RESOURCES))
NAMES = st.sets(st.one_of(st.sampled_from([*RESOURCES, *sorted(ALL_EVENTS)]), st.text()))

SPECIFIED_SCOPES = {
    **dict.fromkeys(("issue", "error", "comment", "seer"), "event:read"),
    **dict.fromkeys(("project", "preprod_artifact", "size_analysis"), "project:read"),
    "member": "member:read",
    "organization": "org:read",
    "team": "team:read",
}
"""Spec §2.1: the scope that each resource needs, also of those that no event is of."""


def test_resources_expand_to_sorted_unique_events_and_other_names_pass_through() -> None:
    assert expand_events(["unrelated", "size_analysis", "comment", "unrelated"]) == [
        "comment.created",
        "comment.deleted",
        "comment.updated",
        "size_analysis.completed",
        "unrelated",
    ]


@given(RESOURCE_SETS)
def test_consolidating_undoes_expanding(resources: set[str]) -> None:
    assert consolidate_events(expand_events(resources)) == sorted(resources)


@given(NAMES)
def test_expanding_twice_changes_nothing(names: set[str]) -> None:
    assert expand_events(expand_events(names)) == expand_events(names)


def test_a_single_event_is_kept_as_itself_and_the_events_of_a_whole_resource_as_the_resource() -> None:
    assert consolidate_events(["issue.created", *expand_events(["comment"])]) == ["comment", "issue.created"]


@given(NAMES)
def test_what_is_kept_stands_for_the_events_that_were_asked_for(names: set[str]) -> None:
    assert expand_events(consolidate_events(names)) == expand_events(names)


@given(NAMES)
def test_keeping_what_was_kept_changes_nothing(names: set[str]) -> None:
    assert consolidate_events(consolidate_events(names)) == consolidate_events(names)


def test_who_has_a_resource_hears_of_an_event_that_it_gets_later(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = consolidate_events(expand_events(["issue"]))
    later = {**EVENTS_BY_RESOURCE, "issue": (*EVENTS_BY_RESOURCE["issue"], "issue.merged")}
    monkeypatch.setattr(subscription, "EVENTS_BY_RESOURCE", later)
    assert "issue.merged" in expand_events(kept)
    assert is_subscribed(kept, "issue.unassigned")


@pytest.mark.parametrize("event", ["seer.iteration_completed", "seer.pr_created", "size_analysis.completed"])
def test_the_newest_events_exist(event: str) -> None:
    assert event in ALL_EVENTS


def test_every_subscription_needs_a_scope_that_exists() -> None:
    assert set(REQUIRED_SCOPES) >= set(RESOURCES)
    assert {resource: REQUIRED_SCOPES.get(resource) for resource in SPECIFIED_SCOPES} == SPECIFIED_SCOPES
    assert set(REQUIRED_SCOPES.values()) <= ALL_SCOPES


@pytest.mark.parametrize(
    ("event", "resource"),
    [("issue.resolved", "issue"), ("metric_alert.critical", None), ("issue.unheard", None), ("issue", None)],
)
def test_an_event_belongs_to_the_resource_that_expands_to_it(event: str, resource: str | None) -> None:
    assert resource_of(event) == resource


@given(RESOURCE_SETS, st.sampled_from(sorted(ALL_EVENTS | {"issue.unassigned"})))
def test_a_subscription_to_a_resource_matches_all_of_its_events(resources: set[str], event: str) -> None:
    assert is_subscribed(consolidate_events(expand_events(resources)), event) == (resource_of(event) in resources)


@pytest.mark.parametrize(("event", "is_told"), [("issue.created", True), ("issue.resolved", False)])
def test_a_subscription_to_a_single_event_matches_it_alone(event: str, is_told: bool) -> None:  # noqa: FBT001 - a row
    assert is_subscribed(["issue.created"], event) is is_told


def test_nobody_is_subscribed_to_alerts() -> None:
    assert not is_subscribed(sorted(ALL_EVENTS), "event_alert.triggered")


def test_names_that_are_neither_resource_nor_event_are_invalid() -> None:
    names = ["b", "issue", "a", "b", "issue.created", "issue.unheard", "event_alert.triggered"]
    assert invalid_subscriptions(names) == ["b", "a", "issue.unheard", "event_alert.triggered"]


def test_a_missing_scope_is_named_once_for_each_resource() -> None:
    assert unmet_scope_texts(["issue.created", "issue.resolved", "member"], scopes=["org:read"]) == [
        "issue webhooks require the event:read permission.",
        "member webhooks require the member:read permission.",
    ]
