"""Every endpoint of a region, through real processes: at the region's own address, and at control's, which forwards."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sentry_sdk

from tests.e2e.region_calls import CALLS, Call
from tests.e2e.region_stage import Stage, filled
from tests.e2e.silo_up import silo_up
from tests.integration.third_party import running_app

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

EITHER_WAY = pytest.mark.parametrize("via", ["us", "control"])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    data = tmp_path_factory.mktemp("endpoints") / "data"
    with (
        running_app() as third_party,
        silo_up(data, "--region", "us") as up,
        httpx.Client(trust_env=False, timeout=30) as client,
    ):
        yield Stage(up, third_party, client)


@EITHER_WAY
@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_an_endpoint_answers(stage: Stage, call: Call, via: str) -> None:
    things = stage.things_for(call, via=via)
    answer = stage.ask(call, things, via=via)
    assert answer.status_code == call.status, answer.text
    if call.shows is None:
        assert answer.content == b""
    else:
        assert misfits(answer.json(), filled(call.shows, things)) == []
    if isinstance(call.shows, list):
        assert answer.headers["link"].startswith(f"<{str(answer.url).partition('?')[0]}?")


def test_every_endpoint_of_a_region_is_called(stage: Stage) -> None:
    paths = stage.document()["paths"]
    served = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert {(call.method, f"/api/0{call.path}") for call in CALLS} == served
    assert len(CALLS) == len(served)


@EITHER_WAY
def test_an_sdk_sends_events(stage: Stage, via: str) -> None:
    dsn = stage.things["dsn"].replace(stage.urls["us"].removeprefix("http://"), stage.urls[via].removeprefix("http://"))
    client = sentry_sdk.Client(dsn=dsn, default_integrations=False)
    event_id = client.capture_event({"message": f"Sent to {via}", "level": "error"})
    client.close(timeout=10)
    assert stage.request("GET", f"/projects/acme/web/events/{event_id}/").json()["title"] == f"Sent to {via}"


@EITHER_WAY
def test_an_event_comes_in_by_itself(stage: Stage, via: str) -> None:
    event_id = stage.store({"message": f"Stored at {via}"}, via=via)
    assert stage.request("GET", f"/projects/acme/web/events/{event_id}/").json()["title"] == f"Stored at {via}"


def misfits(shown: Any, expected: Any, *, at: str = "body") -> list[str]:
    """What is otherwise than expected, where, and how; further keys of objects are welcome."""
    if isinstance(expected, type):
        return [] if isinstance(shown, expected) else [f"{at} is {shown!r}, no {expected.__name__}"]
    if isinstance(expected, dict) and isinstance(shown, dict):
        missing = [f"{at}.{key} is missing" for key in expected if key not in shown]
        known = (key for key in expected if key in shown)
        return missing + [text for key in known for text in misfits(shown[key], expected[key], at=f"{at}.{key}")]
    if isinstance(expected, list) and isinstance(shown, list) and len(shown) == len(expected):
        pairs = enumerate(zip(shown, expected, strict=True))
        return [text for index, (one, other) in pairs for text in misfits(one, other, at=f"{at}[{index}]")]
    return [] if shown == expected else [f"{at} is {shown!r}, not {expected!r}"]
