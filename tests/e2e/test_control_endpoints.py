"""Every endpoint that control serves itself, asked of real processes."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from shared.http.application import PREFIX
from tests.e2e.control_calls import (
    CALLERS,
    DELIVERIES,
    FROM_STRANGERS,
    HIDING,
    NO_CREDENTIALS,
    NOBODY,
    ONE_APP,
    OPEN,
    OPEN_TO_STRANGERS,
    ROOT_SESSION,
    SESSION,
    STEPS,
    STRANGER,
    UNKNOWN,
)
from tests.e2e.silo_up import silo_up
from tests.e2e.walk import Walk
from tests.integration.third_party import running_app

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

NOTHING = dict.fromkeys((*UNKNOWN, "token_id", "delivery_id", "channel"), "nothing")
"""Names of what does not exist."""


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    data = tmp_path_factory.mktemp("endpoints") / "data"
    with silo_up(data, "--region", "us", "--region", "de") as up, running_app() as receiver:
        receiver.answers("/hook")
        users: dict[str, Any] = up.topology["users"]
        known = {
            "organization_id_or_slug": "acme",
            "receiver": receiver.url,
            "owner_token": users["owner"]["token"],
            "owner_session": users["owner"]["session"],
            "superuser_token": users["superuser"]["token"],
            "superuser_session": users["superuser"]["session"],
            "token_id": "1",
            "user": "1",
            "delivery_id": "control.1",
        }
        with closing(Walk(up.topology["control"]["http"], callers=CALLERS, known=known)) as walk:
            yield walk


@pytest.fixture(scope="module")
def hidden(walk: Walk) -> Walk:
    """There is an app that only its owners know."""
    walk.go(HIDING)
    return walk


def test_every_endpoint_answers_as_the_table_says(walk: Walk) -> None:
    assert walk.go(STEPS) == [step.status for step in STEPS]


def test_the_table_has_every_endpoint_that_is_documented(walk: Walk) -> None:
    assert {step.operation for step in STEPS} == walk.operations


def test_who_shows_no_credentials_is_asked_for_them(walk: Walk) -> None:
    for method, path in walk.operations - OPEN:
        answer = walk.ask(NOBODY, method, path, {}, **NOTHING)
        assert (answer.status_code, answer.json()) == NO_CREDENTIALS, f"{method} {path}"


def test_what_does_not_exist_is_not_found(walk: Walk) -> None:
    for method, path in walk.operations - OPEN:
        parameter = path.partition("{")[2].partition("}")[0]
        if parameter:
            answer = walk.ask(ROOT_SESSION, method, path, {}, **NOTHING)
            assert (answer.status_code, answer.json()) == UNKNOWN[parameter], f"{method} {path}"


def test_a_stranger_is_refused_in_the_words_of_the_specification(hidden: Walk) -> None:
    for refusal, refused in FROM_STRANGERS:
        for method, path in refused:
            answer = hidden.ask(STRANGER, method, path, {"organization": "acme"})
            assert (answer.status_code, answer.json()) == refusal, f"{method} {path}"


def test_every_endpoint_refuses_strangers_or_is_open_to_them(walk: Walk) -> None:
    refused = [operation for _, operations in FROM_STRANGERS for operation in operations]
    assert sorted([*refused, *OPEN_TO_STRANGERS]) == sorted(walk.operations)


def test_an_id_stands_for_a_slug(hidden: Walk) -> None:
    ids = {"app_id_or_slug": hidden.known["app_id"], "organization_id_or_slug": hidden.known["organization_id"]}
    for path in readable(hidden):
        answers = [hidden.ask(SESSION, "GET", path, **known) for known in ({}, ids)]
        assert [answer.status_code for answer in answers] == [200, 200], path


def test_head_answers_as_get_does_without_the_body(hidden: Walk) -> None:
    for path in readable(hidden):
        told, read = (hidden.ask(SESSION, method, path) for method in ("HEAD", "GET"))
        assert (told.status_code, told.content) == (200, b""), path
        assert told.headers.get("link") == read.headers.get("link"), path


def test_every_path_tells_its_methods_and_refuses_others(walk: Walk) -> None:
    for path in sorted({path for _, path in walk.operations}):
        methods = {method for method, of in walk.operations if of == path}
        allowed = methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
        told, refused = (walk.ask(NOBODY, method, path, **NOTHING) for method in ("OPTIONS", "PATCH"))
        assert (told.status_code, set(told.headers["allow"].split(", "))) == (200, allowed), path
        assert (refused.status_code, refused.json()) == (405, {"detail": 'Method "PATCH" not allowed.'}), path


# They end only when they are told to.
STREAMS = [f"{PREFIX}{ONE_APP}stream/", f"{PREFIX}{ONE_APP}stream/{{channel}}/"]


def readable(walk: Walk) -> list[str]:
    """Paths that an owner may read of an app that nothing was delivered to yet."""
    paths = {path for method, path in walk.operations if method == "GET"}
    return sorted(paths - {f"{PREFIX}/sentry-apps-stats/", f"{PREFIX}{DELIVERIES}{{delivery_id}}/", *STREAMS})
