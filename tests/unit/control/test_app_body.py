from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control_silo.bodies.app import AppBody, AppChangesBody
from control_silo.bodies.app_field import Requester
from control_silo.models.app import SentryApp
from control_silo.models.region import OrganizationReplica
from control_silo.services.create_app import SentryAppCreator
from control_silo.services.update_app import SentryAppUpdater
from shared.domain.app_status import SentryAppStatus
from shared.domain.headers import MASKED_VALUE
from shared.domain.json_value import JsonValue
from shared.domain.scopes import Role
from shared.errors import ValidationFailed

MANAGER = Role.MANAGER.scopes
ACME = OrganizationReplica(id=1, name="Acme Corporation")


def app_with(**changes: Any) -> SentryApp:
    columns: dict[str, Any] = {
        "status": int(SentryAppStatus.INTERNAL),
        "scope_list": ["event:read"],
        "events": ["issue.created"],
        "webhook_url": "https://app.example/hook",
        "author": "Acme",
        "is_alertable": True,
        "webhook_headers": ["X-Key: secret"],
    }
    return SentryApp(**columns | changes)


INTERNAL = app_with()
PUBLIC = app_with(status=int(SentryAppStatus.UNPUBLISHED))
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
STACKTRACE_LINK: dict[str, Any] = {"elements": [{"type": "stacktrace-link", "uri": "/code"}]}
ABSENT = object()
NAMES = ["name", "author", "scopes", "status", "events", "features", "schema", "webhookUrl", "webhookHeaders"]
NAMES += ["redirectUrl", "isInternal", "isAlertable", "overview", "verifyInstall", "allowedOrigins", "popularity"]
NAMES += ["webhookTimeoutSeconds"]


def create(*, is_elevated: bool = False, **changes: Any) -> SentryAppCreator:
    body = {name: value for name, value in {**PUBLIC_BODY, **changes}.items() if value is not ABSENT}
    requester = Requester(MANAGER, is_elevated=is_elevated)
    return AppBody.read(body, context=requester).creator(requester, owner=ACME)


def create_internal(**changes: Any) -> SentryAppCreator:
    return create(**{"isInternal": True, "author": ABSENT, "webhookUrl": ABSENT, "events": ABSENT, **changes})


def update(current: SentryApp = INTERNAL, *, is_elevated: bool = False, **body: Any) -> SentryAppUpdater:
    return change(current, body, is_elevated=is_elevated)


def change(current: SentryApp, body: JsonValue, *, is_elevated: bool = False) -> SentryAppUpdater:
    requester = Requester(MANAGER, is_elevated=is_elevated, app=current)
    return AppChangesBody.read(body, context=requester).updater(requester)


def problems(parse: Any, **changes: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as caught:
        parse(**changes)
    return caught.value.fields


def test_a_public_app_is_read_whole() -> None:
    sent: dict[str, Any] = {"schema": STACKTRACE_LINK, "verifyInstall": "true", "allowedOrigins": ["https://a.example"]}
    assert create(**sent) == SentryAppCreator(
        name="Acme Kanban",
        organization_id=1,
        is_internal=False,
        scopes=["event:read", "event:write", "project:read"],
        events=["issue", "comment"],
        schema=STACKTRACE_LINK,
        verify_install=True,
        allowed_origins=["https://a.example"],
        columns={"author": "Acme", "webhook_url": "https://app.example/hook"},
    )


def test_an_internal_app_needs_a_name_alone_is_its_organizations_and_never_verified() -> None:
    requester = Requester(MANAGER)
    sent: JsonValue = {"name": "CI", "isInternal": True, "verifyInstall": True, "organization": "acme"}
    assert AppBody.read(sent, context=requester).creator(requester, owner=ACME) == SentryAppCreator(
        name="CI", organization_id=1, is_internal=True, verify_install=False, columns={"author": "Acme Corporation"}
    )


def test_a_body_with_one_field_changes_that_field_alone() -> None:
    assert update(overview="New") == SentryAppUpdater(columns={"overview": "New"})


def test_tools_clean_up_an_internal_app_with_nulls() -> None:
    assert update(events=None, isAlertable=False, name="Acme (disabled)", webhookUrl=None) == SentryAppUpdater(
        events=(), columns={"is_alertable": False, "name": "Acme (disabled)", "webhook_url": None}
    )


@pytest.mark.parametrize("field", ["author", "overview", "redirectUrl", "webhookUrl"])
def test_an_empty_text_is_none(field: str) -> None:
    current, empty, null = app_with(events=[], is_alertable=False), {field: ""}, {field: None}
    assert change(current, empty) == change(current, null)


def test_null_empties_headers_and_changes_nothing_that_must_be_something() -> None:
    sent: dict[str, Any] = {
        "webhookHeaders": None,
        "popularity": None,
        "isDisabled": None,
        "status": None,
        "features": None,
    }
    assert update(is_elevated=True, **sent) == SentryAppUpdater(columns={"webhook_headers": []})


def test_an_app_is_accepted_as_it_was_read() -> None:
    assert update(PUBLIC, **READ_BACK).columns["webhook_headers"] == ["X-Key: secret"]


def test_what_an_app_is_cannot_be_changed_and_is_not_looked_at() -> None:
    assert update(PUBLIC, isInternal=[]) == SentryAppUpdater()


def test_null_scopes_are_none_on_creation_and_unchanged_on_a_change() -> None:
    assert create(scopes=None).scopes == ()
    assert update(scopes=None).scopes is None
    assert update(scopes=[]).scopes == []


@pytest.mark.parametrize(("schema", "changed"), [(None, None), ("", {}), ({}, {})])
def test_a_schema_without_components(schema: JsonValue, changed: object) -> None:
    assert create(schema=schema).schema == {}
    assert update(schema=schema).schema == changed


def test_an_empty_list_of_components_is_refused() -> None:
    assert problems(create, schema={"elements": []}) == {"schema": ["[] should be non-empty"]}


def test_the_name_is_required_on_creation_only() -> None:
    assert problems(create, name=ABSENT) == {"name": ["This field is required."]}
    assert update() == SentryAppUpdater()


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
    assert create(is_elevated=True, scopes=["org:ci"], events=None).scopes == ["org:ci"]


def test_a_scope_that_the_app_has_may_stay() -> None:
    assert update(app_with(scope_list=["org:ci"]), scopes=["org:ci"]).scopes == ["org:ci"]


def test_unknown_events_are_named_together() -> None:
    assert problems(create, events=["a", "issue", "b", "a"]) == {"events": ["Invalid event subscription: a, b"]}


def test_events_need_their_scope() -> None:
    expected = {"events": ["issue webhooks require the event:read permission."]}
    assert problems(create, scopes=["project:read"]) == expected


def test_events_are_not_checked_against_scopes_that_the_body_does_not_give() -> None:
    assert update(events=["issue"]).events == ["issue"]


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
    assert update(features=["1", 0, 1]).features == [0, 1]


def test_what_only_the_elevated_may_change_is_checked_and_ignored() -> None:
    assert update(popularity="5", isDisabled=True).columns == {}
    assert list(problems(update, popularity="x")) == ["popularity"]


def test_the_elevated_set_status_and_popularity() -> None:
    changes = update(is_elevated=True, status="published", popularity="5")
    assert (changes.status, changes.columns) == ("published", {"popularity": 5})


def test_the_repr_of_a_body_shows_no_secret() -> None:
    sent = {"webhookHeaders": ["X: secret"], "webhookUrl": "https://user:pass@app.example"}
    shown = repr(AppChangesBody.read(sent, context=Requester(MANAGER, app=INTERNAL)))
    assert "secret" not in shown
    assert "pass" not in shown


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(exclude_categories=()))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(NAMES), JSON), st.sampled_from([None, INTERNAL, PUBLIC]))
def test_any_json_in_any_field_gets_a_typed_answer(body: JsonValue, current: SentryApp | None) -> None:
    kind = AppChangesBody if current else AppBody
    answers: list[AppChangesBody | dict[str, list[str]]] = []
    try:
        answers.append(kind.read(body, context=Requester(MANAGER, app=current)))
    except ValidationFailed as failed:
        answers.append(failed.fields)
    (answer,) = answers
    texts = [text for texts in answer.values() for text in texts] if isinstance(answer, dict) else ["well"]
    assert texts
    assert all(text.encode() for text in texts)


@pytest.mark.parametrize("body", [None, [], "a", 5, True])
def test_a_body_that_is_no_object_is_refused(body: JsonValue) -> None:
    with pytest.raises(ValidationFailed, match="Expected a dictionary"):
        AppBody.read(body, context=Requester(MANAGER))
