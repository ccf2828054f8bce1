"""Whatever is in a body or a query, the answer is a clear one below 500, and nothing reaches the third party by it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import (
    booleans,
    characters,
    dictionaries,
    floats,
    integers,
    lists,
    none,
    recursive,
    sampled_from,
    text,
)

from tests.integration.region.apps.world import Caller, World

words = text(characters(exclude_categories=["Cs"]), max_size=20)  # what a client can encode
scalars = none() | booleans() | integers(-(2**70), 2**70) | floats(allow_nan=False, allow_infinity=False) | words
values = recursive(
    scalars, lambda inner: lists(inner, max_size=3) | dictionaries(words, inner, max_size=3), max_leaves=6
)
fields = sampled_from(
    ["issueId", "webUrl", "project", "identifier", "groupId", "action", "uri", "projects", "tsdbField", "componentType"]
)
bodies = dictionaries(fields, values, max_size=6) | values
queries = dictionaries(
    sampled_from(["uri", "projectId", "query", "filter", "cursor", "per_page", "since", "until", "resolution"]),
    text(characters(exclude_categories=["Cs"]), max_size=12),
    max_size=4,
)
shared_world = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@shared_world
@given(body=bodies, name=sampled_from(["external-issues", "external-issue-actions", "service-hook-projects"]))
def test_no_body_breaks_an_installations_endpoints(world: World, body: Any, name: str) -> None:
    assert world.robot.post(f"{world.path}/{name}/", body).status_code < 500


@shared_world
@given(body=bodies)
def test_no_body_breaks_the_counting(world: World, body: Any) -> None:
    browser = Caller(world.http, session=world.owner_user.session_key)
    assert browser.post(f"/sentry-apps/{world.app.slug}/interaction/", body).status_code < 500


@shared_world
@given(query=queries, name=sampled_from(["components", "requests", "interaction"]))
def test_no_query_breaks_a_read(world: World, query: dict[str, str], name: str) -> None:
    path = {
        "components": f"/organizations/{world.acme.slug}/sentry-app-components/",
        "requests": f"{world.path}/external-requests/",
        "interaction": f"/sentry-apps/{world.app.slug}/interaction/",
    }[name]
    assert world.owner.get(path, **query).status_code < 500


@pytest.mark.parametrize("value", ["x" * 1_000_000, "\u202e", "\x7f", "é" * 300])
def test_long_and_odd_texts_are_refused_or_kept_whole(world: World, value: str) -> None:
    body = {"issueId": str(world.issue.id), "webUrl": "https://a.example", "project": value, "identifier": "7"}
    answer = world.robot.post(f"{world.path}/external-issues/", body)
    assert answer.status_code in {200, 400}
    if answer.status_code == 200:
        assert answer.json()["displayName"] == f"{value}#7"
