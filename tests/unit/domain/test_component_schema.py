from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.component_schema import (
    MAX_MESSAGE_CHARACTERS,
    MAX_SCHEMA_BYTES,
    MAX_SCHEMA_VALUES,
    check_ui_component_schema,
)
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import ValidationFailed

SELECT: JsonObject = {"type": "select", "name": "list", "label": "List", "uri": "/lists"}
TEXT: JsonObject = {"type": "text", "name": "title", "label": "Title"}
LINK: JsonObject = {"uri": "/link", "required_fields": [SELECT], "optional_fields": [TEXT]}
STACKTRACE_LINK: JsonObject = {"type": "stacktrace-link", "uri": "/code"}
ISSUE_LINK: JsonObject = {"type": "issue-link", "link": LINK, "create": LINK}


def alert_rule_action(*fields: Any, **settings: Any) -> dict[str, Any]:
    all_settings = {"type": "alert-rule-settings", "uri": "/alert", "required_fields": list(fields), **settings}
    return {"type": "alert-rule-action", "title": "Create task", "settings": all_settings}


def issue_media(*elements: Any) -> dict[str, Any]:
    return {"type": "issue-media", "title": "Media", "elements": list(elements)}


def problem(schema: JsonValue) -> str:
    with pytest.raises(ValidationFailed) as caught:
        check_ui_component_schema(schema)
    assert list(caught.value.fields) == ["schema"]
    (text,) = caught.value.fields["schema"]
    return text


def problem_of_field(**changes: Any) -> str:
    return problem({"elements": [alert_rule_action({**TEXT, **changes})]}).removesuffix(
        " for element of type 'alert-rule-action'"
    )


def test_a_schema_with_every_kind_of_element_is_valid() -> None:
    media = issue_media(
        {"type": "header", "text": "h"},
        {"type": "markdown", "text": "*m*"},
        {"type": "image", "url": "/i.png", "alt": "i"},
        {"type": "image", "url": "https://example.com/i.png"},
        {"type": "video", "url": "https://example.com/v"},
    )
    schema: JsonValue = {"elements": [ISSUE_LINK, STACKTRACE_LINK, alert_rule_action(SELECT), media]}
    assert check_ui_component_schema(schema) is schema


@pytest.mark.parametrize(
    "field",
    [
        {**SELECT, "async": True, "skip_load_on_open": False, "depends_on": ["other"]},
        {"type": "select", "name": "n", "label": "l", "options": [["a", "A"], ["b", 2]]},
        {"type": "textarea", "name": "n", "label": "l", "default": "issue.description"},
        {**TEXT, "default": "issue.title", "anything": {"else": 1}},
    ],
)
def test_every_kind_of_field_is_valid_in_every_fieldset(field: dict[str, Any]) -> None:
    link: JsonObject = {"uri": "/a", "required_fields": [field], "optional_fields": [field]}
    action = alert_rule_action(field, optional_fields=[field], description="d" * 140)
    check_ui_component_schema({"elements": [{"type": "issue-link", "link": link, "create": link}, action]})


@pytest.mark.parametrize("elements", ["a", 5, {}, None, True])
def test_1_elements_must_be_a_list(elements: JsonValue) -> None:
    assert problem({"elements": elements}) == "'elements' should be an array of objects"


@pytest.mark.parametrize("element", [{}, {"uri": "/a"}, "text", []])
def test_2_each_element_needs_a_type(element: JsonValue) -> None:
    assert problem({"elements": [STACKTRACE_LINK, element]}) == "Each element needs a 'type' field"


def test_3_the_type_must_be_known() -> None:
    assert problem({"elements": [{"type": "other"}]}) == (
        "Element has type 'other'. Type must be one of the following: "
        "['issue-link', 'alert-rule-action', 'issue-media', 'stacktrace-link']"
    )


@pytest.mark.parametrize("fieldset", ["required_fields", "optional_fields"])
def test_4_a_default_must_be_a_property_of_the_issue(fieldset: str) -> None:
    bad = [{"type": "textarea", "default": "issue.id"}]
    assert problem({"elements": [alert_rule_action(TEXT, **{fieldset: bad})]}) == (
        "Elements of type ['text', 'textarea'] may only have a default value of the following: "
        "['issue.title', 'issue.description'], but issue.id was found."
    )


def test_5_a_component_names_its_type() -> None:
    field = {"type": "select", "name": "channel", "label": "Channel", "options": [["#general"]]}
    text = "['#general'] is too short for element of type 'alert-rule-action'"
    assert problem({"elements": [alert_rule_action(field)]}) == text


def test_6_a_type_may_occur_once() -> None:
    assert problem({"elements": [STACKTRACE_LINK, STACKTRACE_LINK]}) == "Multiple elements of type: stacktrace-link"


def test_7_elements_are_required() -> None:
    assert problem({"type": "nothing"}) == "'elements' is a required property"


def test_the_first_wrong_element_is_named_before_a_repeated_one() -> None:
    elements: JsonValue = [STACKTRACE_LINK, STACKTRACE_LINK, {"type": "other"}]
    assert problem({"elements": elements}).startswith("Element has type 'other'")


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"elements": []}, "[] should be non-empty"),
        ({"elements": [None]}, "None is not of type 'object'"),
        ({"elements": [5]}, "5 is not of type 'object'"),
        ([], "[] is not of type 'object'"),
        ("elements", "'elements' is not of type 'object'"),
        (None, "None is not of type 'object'"),
    ],
)
def test_the_whole_schema_decides_where_the_first_steps_cannot(schema: JsonValue, text: str) -> None:
    assert problem(schema) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"type": "image"}, "'image' is not one of ['select', 'text', 'textarea']"),
        ({"name": 5}, "5 is not of type 'string'"),
        ({"type": "select", "uri": "no"}, "'no' does not match '^/'"),
        ({"type": "select", "options": []}, "[] should be non-empty"),
        ({"type": "select", "options": [["a", "b", "c"]]}, "['a', 'b', 'c'] is too long"),
        ({"type": "select", "options": [["a", None]]}, "None is not of type 'string', 'number'"),
        ({"type": "select", "options": [[1, "a"]]}, "1 is not of type 'string'"),
        ({"type": "select", "uri": "/a", "async": "yes"}, "'yes' is not of type 'boolean'"),
        ({"type": "select", "uri": "/a", "depends_on": []}, "[] should be non-empty"),
        ({"type": "select", "uri": "/a", "depends_on": [1]}, "1 is not of type 'string'"),
    ],
)
def test_a_wrong_field_is_named_precisely(changes: dict[str, Any], text: str) -> None:
    assert problem_of_field(**changes) == text


def test_a_select_takes_either_a_uri_or_options() -> None:
    assert "is not valid under any of the given schemas" in problem_of_field(type="select")
    assert "is valid under each of" in problem_of_field(type="select", uri="/a", options=[["a", "b"]])


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ({"type": "stacktrace-link"}, "'uri' is a required property"),
        ({"type": "issue-link", "link": LINK}, "'create' is a required property"),
        ({"type": "issue-link", "link": LINK, "create": {"uri": "/a"}}, "'required_fields' is a required property"),
        ({"type": "alert-rule-action", "title": "t"}, "'settings' is a required property"),
        (alert_rule_action(), "[] should be non-empty"),
        (alert_rule_action(TEXT, description=""), "'' should be non-empty"),
        (alert_rule_action(TEXT, description="d" * 141), f"'{'d' * 141}' is too long"),
        (issue_media(), "[] should be non-empty"),
    ],
)
def test_a_wrong_element_is_named_precisely(element: dict[str, Any], text: str) -> None:
    assert problem({"elements": [element]}) == f"{text} for element of type '{element['type']}'"


@pytest.mark.parametrize(
    "media", [{"type": "video", "url": "not-a-url"}, {"type": "image", "url": "ftp://a"}, {"type": "header"}]
)
def test_media_that_are_none_are_named_whole(media: dict[str, Any]) -> None:
    assert problem({"elements": [issue_media(media)]}) == (
        f"{media} is not valid under any of the given schemas for element of type 'issue-media'"
    )


def test_depth_is_refused_and_no_crash() -> None:
    schema: JsonValue = {}
    for _ in range(100_000):
        schema = [schema]
    assert problem({"elements": schema}) == "The schema may not be nested deeper than 24 levels."


def test_size_is_bounded() -> None:
    assert problem({"x": "é" * (MAX_SCHEMA_BYTES // 2)}) == "The schema may not be larger than 262144 bytes."
    assert problem({"x": [0] * MAX_SCHEMA_VALUES}) == "The schema may not have more than 10000 values."


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("\x00", "Null characters are not allowed."),
        ({"\x00": 1}, "Null characters are not allowed."),
        ("\ud800", "Surrogate characters are not allowed: U+D800."),
        (float("nan"), "A number in the schema is out of range."),
        (-float("inf"), "A number in the schema is out of range."),
        (10**400, "A number in the schema is out of range."),
    ],
)
def test_what_cannot_be_stored_is_refused_wherever_it_is(value: JsonValue, text: str) -> None:
    assert problem({"elements": [{**STACKTRACE_LINK, "extra": [value]}]}) == text


def test_an_error_repeats_only_a_little_of_a_large_value() -> None:
    assert len(problem({"elements": [{"type": "x" * 200_000}]})) < 2 * MAX_MESSAGE_CHARACTERS
    long = problem({"elements": [alert_rule_action({**TEXT, "name": ["x" * 200_000]})]})
    assert long.endswith("is not of type 'string' for element of type 'alert-rule-action'")
    assert len(long) < 2 * MAX_MESSAGE_CHARACTERS


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["elements", "type", "settings", "required_fields", "link", "uri", "options"]), inner
        )
    ),
)


@given(JSON)
def test_any_json_gets_one_text_or_is_valid(schema: JsonValue) -> None:
    try:
        check_ui_component_schema(schema)
    except ValidationFailed:
        assert 0 < len(problem(schema)) < 2 * MAX_MESSAGE_CHARACTERS
