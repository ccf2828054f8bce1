from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.app_fields import AppFields, CurrentApp, parse_app_fields
from shared.domain.headers import MASKED_VALUE
from shared.domain.json_field import UNSET
from shared.domain.json_value import JsonValue
from shared.domain.scopes import Role
from shared.errors import ValidationFailed

MANAGER = Role.MANAGER.scopes
INTERNAL = CurrentApp(
    is_internal=True,
    scopes=["event:read"],
    events=["issue.created"],
    webhook_url="https://app.example/hook",
    author="Acme",
    is_alertable=True,
    webhook_headers=("X-Key: secret",),
)
PUBLIC = replace(INTERNAL, is_internal=False)
PUBLIC_BODY: dict[str, JsonValue] = {
    "name": "Acme Kanban",
    "organization": "acme",
    "author": "Acme",
    "scopes": ["event:write", "project:read"],
    "events": ["issue", "comment", "issue"],
    "webhookUrl": "https://app.example/hook",
}
READ_BACK: dict[str, Any] = {
    **PUBLIC_BODY,
    "avatars": [],
    "clientSecret": None,
    "featureData": [{"featureId": 0}],
    "metadata": {},
    "overview": None,
    "owner": {"id": 1, "slug": "acme"},
    "popularity": 1,
    "redirectUrl": None,
    "schema": {},
    "slug": "acme-kanban",
    "status": "unpublished",
    "verifyInstall": True,
    "webhookHeaders": [f"X-Key: {MASKED_VALUE}"],
}
STACKTRACE_LINK: JsonValue = {"elements": [{"type": "stacktrace-link", "uri": "/code"}]}
ABSENT = object()
NAMES = ["name", "author", "scopes", "status", "events", "features", "schema", "webhookUrl", "webhookHeaders"]
NAMES += ["redirectUrl", "isInternal", "isAlertable", "overview", "verifyInstall", "allowedOrigins", "popularity"]


def create(*, is_elevated: bool = False, **changes: Any) -> AppFields:
    body = {name: value for name, value in {**PUBLIC_BODY, **changes}.items() if value is not ABSENT}
    return parse_app_fields(body, requester_scopes=MANAGER, is_elevated=is_elevated)


def create_internal(**changes: Any) -> AppFields:
    return create(**{"isInternal": True, "author": ABSENT, "webhookUrl": ABSENT, "events": ABSENT, **changes})


def update(current: CurrentApp = INTERNAL, *, is_elevated: bool = False, **body: Any) -> AppFields:
    return parse_app_fields(body, requester_scopes=MANAGER, current=current, is_elevated=is_elevated)


def problems(parse: Any, **changes: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as caught:
        parse(**changes)
    return caught.value.fields


def given_fields(parsed: AppFields) -> dict[str, object]:
    values = {field.name: getattr(parsed, field.name) for field in fields(parsed)}
    return {name: value for name, value in values.items() if value is not UNSET}


def test_a_public_app_is_read_whole() -> None:
    assert given_fields(create(schema=STACKTRACE_LINK, verifyInstall="true", allowedOrigins=["https://a.example"])) == {
        "name": "Acme Kanban",
        "author": "Acme",
        "scopes": ("event:read", "event:write", "project:read"),
        "events": ("issue", "comment"),
        "schema": STACKTRACE_LINK,
        "webhook_url": "https://app.example/hook",
        "is_internal": False,
        "verify_install": True,
        "allowed_origins": ("https://a.example",),
    }


def test_an_internal_app_needs_a_name_alone_and_is_never_verified() -> None:
    parsed = parse_app_fields({"name": "CI", "isInternal": True, "verifyInstall": True}, requester_scopes=MANAGER)
    assert given_fields(parsed) == {"name": "CI", "is_internal": True, "verify_install": False}


def test_a_body_with_one_field_changes_that_field_alone() -> None:
    assert given_fields(update(overview="New")) == {"is_internal": True, "overview": "New"}


def test_tools_clean_up_an_internal_app_with_nulls() -> None:
    parsed = update(events=None, isAlertable=False, name="Acme (disabled)", webhookUrl=None)
    assert (parsed.events, parsed.webhook_url, parsed.is_alertable, parsed.scopes) == (None, None, False, UNSET)


def test_an_app_is_accepted_as_it_was_read() -> None:
    assert update(PUBLIC, **READ_BACK).webhook_headers == ("X-Key: secret",)


def test_null_scopes_are_none_on_creation_and_unchanged_on_a_change() -> None:
    assert create(scopes=None).scopes == ()
    assert update(scopes=None).scopes is UNSET
    assert update(scopes=[]).scopes == ()


@pytest.mark.parametrize(("schema", "parsed"), [(None, UNSET), ("", {}), ({}, {})])
def test_a_schema_without_components(schema: JsonValue, parsed: object) -> None:
    assert create(schema=schema).schema == parsed


def test_an_empty_list_of_components_is_refused() -> None:
    assert problems(create, schema={"elements": []}) == {"schema": ["[] should be non-empty"]}


def test_the_name_is_required_on_creation_only() -> None:
    assert problems(create, name=ABSENT) == {"name": ["This field is required."]}
    assert update().name is UNSET


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (None, "This field may not be null."),
        (" ", "This field may not be blank."),
        ("a" * 58, "Cannot exceed 57 characters"),
        ("a" * 1_000_000, "Cannot exceed 57 characters"),
        ("a\x00", "Null characters are not allowed."),
        ("Claim 5 BTC now", "This name contains disallowed content."),
    ],
)
def test_what_is_no_name(name: JsonValue, text: str) -> None:
    assert problems(create, name=name) == problems(update, name=name) == {"name": [text]}


def test_an_unknown_scope_is_named() -> None:
    assert problems(create, scopes=["event:read", "not:a", "x"]) == {
        "scopes": ["not:a not a valid scope", "x not a valid scope"]
    }


def test_each_scope_that_the_requester_lacks_is_named() -> None:
    text = (
        "Requested permission of {} exceeds requester's permission. "
        "Please contact an administrator to make the requested change."
    )
    lacking = ["org:admin", "org:ci"]
    requested = [*lacking, "project:distribution", "event:read"]
    assert problems(create, scopes=requested) == {"scopes": [text.format(scope) for scope in lacking]}


def test_the_elevated_may_give_any_scope() -> None:
    assert create(is_elevated=True, scopes=["org:ci"], events=None).scopes == ("org:ci",)


def test_a_scope_that_the_app_has_may_stay() -> None:
    assert update(replace(INTERNAL, scopes=["org:ci"]), scopes=["org:ci"]).scopes == ("org:ci",)


def test_unknown_events_are_named_together() -> None:
    assert problems(create, events=["a", "issue", "b", "a"]) == {"events": ["Invalid event subscription: a, b"]}


def test_events_need_their_scope() -> None:
    expected = {"events": ["issue webhooks require the event:read permission."]}
    assert problems(create, scopes=["project:read"]) == expected


def test_events_are_not_checked_against_scopes_that_the_body_does_not_give() -> None:
    assert update(events=["issue"]).events == ("issue",)


def test_a_public_app_needs_a_webhook_url_and_an_author() -> None:
    expected = {"webhookUrl": ["webhookUrl required for public integrations"]}
    assert problems(create, webhookUrl=ABSENT) == problems(create, webhookUrl="") == expected
    assert problems(create, author=ABSENT) == {"author": ["author required for public integrations"]}
    assert problems(update, current=PUBLIC, author="") == {"author": ["author required for public integrations"]}


def test_an_internal_app_needs_a_webhook_url_for_events() -> None:
    expected = {"webhookUrl": ["webhookUrl required if webhook events are enabled"]}
    assert problems(create_internal, events=["issue"]) == expected
    assert problems(update, webhookUrl=None) == expected


def test_an_internal_app_needs_a_webhook_url_for_alerts() -> None:
    expected = {"webhookUrl": ["webhookUrl required if alert rule action is enabled"]}
    assert problems(create_internal, isAlertable=True) == expected
    assert problems(update, webhookUrl="", events=[]) == expected


def test_wrong_fields_are_told_together_and_before_rules_between_fields() -> None:
    told = problems(create, webhookUrl=ABSENT, popularity="x", name=ABSENT, isAlertable=[])
    assert list(told) == ["name", "isAlertable", "popularity"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"webhookUrl": "ftp://a"}, {"webhookUrl": ["URL must start with http[s]://"]}),
        ({"redirectUrl": "http://"}, {"redirectUrl": ["Enter a valid URL."]}),
        ({"allowedOrigins": ["https://*.example"]}, {"allowedOrigins": ["'*' not allowed in origin"]}),
        ({"allowedOrigins": ["a\nb"]}, {"allowedOrigins": ["Control characters are not allowed."]}),
        ({"popularity": 32_768}, {"popularity": ["Ensure this value is less than or equal to 32767."]}),
        ({"features": [99]}, {"features": ['"99" is not a valid choice.']}),
        ({"features": [10]}, {"features": ['"10" is not a valid choice.']}),
        ({"webhookHeaders": ["Host: a"]}, {"webhookHeaders": ["The header Host may not be set."]}),
        ({"verifyInstall": None}, {"verifyInstall": ["This field may not be null."]}),
    ],
)
def test_a_wrong_field_is_told(changes: dict[str, Any], told: dict[str, list[str]]) -> None:
    assert problems(create, **changes) == told


def test_a_feature_that_cannot_be_shown_is_named_by_its_type() -> None:
    deep: JsonValue = []
    for _ in range(100_000):
        deep = [deep]
    choices: JsonValue = [deep, 10**5000, "\ud800", 1e400]
    texts = [f'"{shown}" is not a valid choice.' for shown in ("list", "int", "\ufffd", "inf")]
    assert problems(create, features=choices) == {"features": texts}


def test_features_are_numbers_each_once() -> None:
    assert create(features=["1", 0, 1]).features == (0, 1)


def test_status_and_popularity_of_others_are_checked_and_ignored() -> None:
    assert given_fields(update(status="published", popularity="5")) == {"is_internal": True}
    assert list(problems(update, popularity="x")) == ["popularity"]


def test_the_elevated_set_status_and_popularity() -> None:
    parsed = update(is_elevated=True, status="published", popularity="5")
    assert (parsed.status, parsed.popularity) == ("published", 5)


def test_the_repr_names_fields_and_shows_no_secret() -> None:
    parsed = update(webhookHeaders=["X: secret"], webhookUrl="https://user:pass@app.example")
    assert repr(parsed) == "AppFields(is_internal, webhook_url, webhook_headers)"


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(exclude_categories=()))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(NAMES), JSON), st.sampled_from([None, INTERNAL, PUBLIC]))
def test_any_json_in_any_field_gets_a_typed_answer(body: JsonValue, current: CurrentApp | None) -> None:
    answers: list[AppFields | dict[str, list[str]]] = []
    try:
        answers.append(parse_app_fields(body, requester_scopes=MANAGER, current=current))
    except ValidationFailed as failed:
        answers.append(failed.fields)
    (answer,) = answers
    texts = [text for texts in answer.values() for text in texts] if isinstance(answer, dict) else ["well"]
    assert texts
    assert all(text.encode() for text in texts)


@pytest.mark.parametrize("body", [None, [], "a", 5, True])
def test_a_body_that_is_no_object_is_refused(body: JsonValue) -> None:
    with pytest.raises(ValidationFailed, match="Expected a dictionary"):
        parse_app_fields(body, requester_scopes=MANAGER)
