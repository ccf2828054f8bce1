import pytest

from shared.domain.features import (
    EVENT_HOOKS_FEATURE,
    MANUAL_TOKEN_REFRESH_FEATURE,
    IntegrationFeature,
    is_enabled,
    is_feature_name,
    missing_features,
)


@pytest.mark.parametrize(
    ("number", "gate"),
    [
        (0, "integrations-api"),
        (1, "integrations-issue-link"),
        (2, "integrations-stacktrace-link"),
        (3, "integrations-event-hooks"),
        (4, "integrations-project-management"),
        (5, "integrations-incident-management"),
        (6, "integrations-feature-flag"),
        (7, "integrations-alert-rule"),
        (8, "integrations-release-management"),
        (9, "integrations-visualization"),
        (11, "integrations-chat"),
        (12, "integrations-session-replay"),
    ],
)
def test_a_feature_has_its_number_and_gate(number: int, gate: str) -> None:
    assert IntegrationFeature(number).gate == gate


def test_the_api_feature_names_the_app() -> None:
    assert IntegrationFeature.API.describe(app_name="Kanban") == (
        "Kanban can **utilize the Sentry API** to pull data or update resources in Sentry "
        "(with permissions granted, of course)."
    )


@pytest.mark.parametrize("feature", list(IntegrationFeature))
def test_every_feature_has_a_description_and_a_switch(feature: IntegrationFeature) -> None:
    assert feature.describe(app_name="{braces}")
    assert is_feature_name(feature.organization_feature)


@pytest.mark.parametrize("feature", [EVENT_HOOKS_FEATURE, MANUAL_TOKEN_REFRESH_FEATURE, "organizations:unregistered"])
def test_everything_is_on_until_switched_off(feature: str) -> None:
    assert is_enabled(feature, switches={})
    assert is_enabled(feature, switches={feature: True})
    assert not is_enabled(feature, switches={feature: False})


def test_one_enabled_feature_is_enough_to_install() -> None:
    features = [IntegrationFeature.API, IntegrationFeature.ISSUE_LINK]
    assert missing_features(features, switches={"organizations:integrations-api": False}) == []


def test_without_any_enabled_feature_all_are_missing() -> None:
    switches = {"organizations:integrations-api": False}
    assert missing_features([IntegrationFeature.API], switches=switches) == ["organizations:integrations-api"]


def test_an_app_without_features_can_be_installed() -> None:
    assert missing_features([], switches={}) == []


@pytest.mark.parametrize("text", ["organizations:sentry-app-x", "organizations:a1"])
def test_full_names_of_switches(text: str) -> None:
    assert is_feature_name(text)


@pytest.mark.parametrize("text", ["", "integrations-api", "organizations:", "organizations:A", "organizations:a\n"])
def test_what_is_no_name_of_a_switch(text: str) -> None:
    assert not is_feature_name(text)
