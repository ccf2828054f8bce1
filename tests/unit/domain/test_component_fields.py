from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.component_fields import (
    KnownChoices,
    NeededChoices,
    SelectChoices,
    app_url,
    check_uri,
    fill_fields,
    parse_select_answer,
    plan_fields,
    select_request_url,
    stacktrace_link_url,
)
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import RequestRefused, ValidationFailed

WEBHOOK_URL = "https://user:pass@app.example:8443/hooks?x=1"
TEXT = {"type": "text", "name": "title", "label": "Title"}
WITH_OPTIONS = {"type": "select", "name": "prio", "label": "P", "options": [["1", "high"], ["2", 3]]}
WITH_URI = {"type": "select", "name": "board", "label": "B", "uri": "/boards"}
DEPENDENT = {"type": "select", "name": "list", "label": "L", "uri": "/lists", "depends_on": ["board"]}


def issue_link(**create: Any) -> JsonObject:
    return {"type": "issue-link", "link": {"required_fields": [WITH_URI]}, "create": create}


def alert_rule_action(*fields: Any) -> JsonObject:
    return {"type": "alert-rule-action", "settings": {"required_fields": [], "optional_fields": list(fields)}}


def test_fields_are_planned_in_order_and_those_that_need_nothing_are_absent() -> None:
    plan = plan_fields(issue_link(required_fields=[TEXT], optional_fields=[TEXT, WITH_OPTIONS]), values={})
    assert plan == [
        NeededChoices(("link", "required_fields", 0), "/boards", None),
        KnownChoices(("create", "optional_fields", 1), SelectChoices((("1", "high"), ("2", 3)))),
    ]


def test_the_settings_of_an_alert_rule_action_are_planned() -> None:
    plan = plan_fields(alert_rule_action(WITH_URI), values={})
    assert plan == [NeededChoices(("settings", "optional_fields", 0), "/boards", None)]


def test_a_dependent_field_is_empty_until_all_it_depends_on_is_chosen() -> None:
    field = {**DEPENDENT, "depends_on": ["board", "team"]}
    plan = plan_fields(alert_rule_action(field), values={"board": 7, "team": None})
    assert plan == [KnownChoices(("settings", "optional_fields", 0), SelectChoices(()))]


def test_a_dependent_field_sends_what_it_depends_on() -> None:
    plan = plan_fields(alert_rule_action(DEPENDENT), values={"board": 7, "other": 1})
    assert plan == [NeededChoices(("settings", "optional_fields", 0), "/lists", '{"board":7}')]


def test_a_field_that_skips_loading_on_open_is_left_alone() -> None:
    assert plan_fields(alert_rule_action({**WITH_URI, "skip_load_on_open": True}), values={}) == []


@pytest.mark.parametrize(
    "component",
    [
        {},
        {"type": "stacktrace-link", "uri": "/a"},
        {"type": ["issue-link"]},
        {"type": "issue-link", "link": 5, "create": {"required_fields": {"a": 1}}},
        {"type": "alert-rule-action", "settings": {"required_fields": [5, None, {}, {"uri": 5, "options": 5}]}},
    ],
)
def test_components_of_any_shape_are_tolerated(component: JsonObject) -> None:
    assert plan_fields(component, values={}) == []


def test_filling_changes_a_copy_only() -> None:
    component = alert_rule_action(WITH_URI, TEXT)
    path = ("settings", "optional_fields", 0)
    filled = fill_fields(component, choices={path: SelectChoices(((1, "One"),), default_value=1)})
    assert filled == alert_rule_action({**WITH_URI, "choices": [[1, "One"]], "defaultValue": 1}, TEXT)
    assert component == alert_rule_action(WITH_URI, TEXT)


def test_a_stacktrace_link_leads_to_the_apps_host_without_credentials() -> None:
    url = stacktrace_link_url("/code", webhook_url=WEBHOOK_URL, installation_uuid="u-1", project_slug="web app")
    assert url == "https://app.example:8443/code?installationId=u-1&projectSlug=web+app"


def test_the_uris_own_query_and_fragment_are_kept() -> None:
    url = stacktrace_link_url("/code?view=1#line", webhook_url="http://a", installation_uuid="u")
    assert url == "http://a/code?view=1&installationId=u#line"


def test_a_select_request_carries_what_is_known_in_a_fixed_order() -> None:
    url = select_request_url(
        "/s", webhook_url=WEBHOOK_URL, installation_uuid="u", project_slug="web", search="a&b", dependent_data='{"a":1}'
    )
    expected = "https://user:pass@app.example:8443/s?installationId=u&projectSlug=web&query=a%26b&dependentData="
    assert url == expected + "%7B%22a%22%3A1%7D"


def test_unknown_parameters_are_left_out() -> None:
    assert select_request_url("/s", webhook_url="http://a", installation_uuid="u") == "http://a/s?installationId=u"


@given(st.text(max_size=30), st.text(max_size=10))
def test_no_uri_leaves_the_apps_host(uri: str, value: str) -> None:
    url = app_url(uri, webhook_url="https://app.example/hook", query=[("q", value)])
    assert url.startswith("https://app.example/")
    assert ("q", value.encode("utf-8", "replace").decode()) in parse_qsl(
        urlsplit(url).query, keep_blank_values=True
    ) or set("#?") & set(uri)


@pytest.mark.parametrize("webhook_url", ["", "nonsense"])
def test_without_a_webhook_url_a_component_leads_nowhere(webhook_url: str) -> None:
    with pytest.raises(RequestRefused, match="The app has no webhook URL"):
        app_url("/a", webhook_url=webhook_url)


@pytest.mark.parametrize("uri", ["/", "/a", "/a/b?c=d", "/a//b", "/é"])
def test_what_is_a_relative_uri(uri: str) -> None:
    assert check_uri(uri) == uri


@pytest.mark.parametrize("uri", ["", "a", "//host", "/@host", "@host", "http://a", "/a\n", "/\\host", "/a\x00"])
def test_what_is_no_relative_uri(uri: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        check_uri(uri)
    assert caught.value.fields == {"uri": ["Invalid URI: must be a relative path starting with '/'."]}


def test_an_answer_becomes_pairs_of_value_and_label() -> None:
    answer: JsonValue = [{"label": "One", "value": 1}, {"label": "Two", "value": "2", "default": True}]
    choices = parse_select_answer(answer, app_slug="kanban", uri="/s")
    assert choices.to_json() == {"choices": [[1, "One"], ["2", "Two"]], "defaultValue": "2"}


def test_an_empty_answer_offers_nothing() -> None:
    assert parse_select_answer([], app_slug="kanban", uri="/s").to_json() == {"choices": []}


@pytest.mark.parametrize("answer", [{}, None, "a", [1], [["a", "b"]], 5])
def test_an_answer_of_another_shape_is_refused(answer: JsonValue) -> None:
    text = "Invalid response format for Select FormField in kanban from uri: /s"
    with pytest.raises(ValidationFailed, match=text):
        parse_select_answer(answer, app_slug="kanban", uri="/s")


def test_an_option_needs_a_value_and_a_label() -> None:
    text = "Missing `value` or `label` in option data for Select FormField"
    with pytest.raises(ValidationFailed, match=text):
        parse_select_answer([{"label": "a", "value": 1}, {"label": "b"}], app_slug="kanban", uri="/s")
