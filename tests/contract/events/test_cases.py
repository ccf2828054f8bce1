"""What events become, as apps are told of them and as REST shows them: one small input each, with what it becomes.

The files beside this one hold them, kind by kind. ``expected`` names a value by its path: in the event that an app is
told of (``told``), in the event and the issue that REST shows (``shown``, ``issue``). An event comes in over HTTP and
goes out over HTTP; nothing in between is asked.
"""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.http_silos import serving_http
from tests.integration.region.apps.test_event_alerts import EVERY, Alerting, rule
from tests.integration.region.apps.test_webhooks import HOOK, send
from tests.integration.region.apps.world import World
from tests.integration.third_party import running_app
from tests.silos import running_silos

FOLDER = Path(__file__).parent / "cases"
CASES: dict[str, dict[str, Any]] = {
    f"{path.stem}-{number}": case
    for path in sorted(FOLDER.glob("*.json"))
    for number, case in enumerate(json.loads(path.read_text())["cases"], start=1)
}
ABSENT, SENDER = "<absent>", "<sender>"


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What became of every case, each in a project of its own; it is the same on every engine."""
    folder, numbers = tmp_path_factory.mktemp("cases"), itertools.count(1)
    with (
        running_silos(lambda: f"sqlite:///{folder / f'{next(numbers)}.db'}") as silos,
        serving_http(silos) as http,
        running_app() as third_party,
    ):
        third_party.answers(HOOK)
        world = Alerting(silos, http, third_party)
        sent = {name: _send_events(world, name, case["events"]) for name, case in CASES.items()}
        told: dict[str, Any] = {}
        while not told.keys() >= set(sent.values()):
            send(world)
            silos.clock.advance(60)  # where the receiver was too slow, it is asked again
            bodies = (each.json["data"] for each in third_party.requests)
            told = {body["event"]["event_id"]: body["event"] for body in bodies if "event" in body}
        yield {name: _outcome(world, name, event_id, told[event_id]) for name, event_id in sent.items()}


def _send_events(world: World, name: str, events: list[Any]) -> str:
    """Sends the events of a case, and answers the id of the last."""
    project = world.create_project(name)
    rule(world, project, EVERY)
    path = f"/api/{project.id}/store/?sentry_key={project.public_key}"
    answers = [world.http.call("POST", "us", path, content=json.dumps(event)) for event in events]
    assert [answer.status_code for answer in answers] == [200] * len(events), name
    return str(answers[-1].json()["id"])


def _outcome(world: World, project: str, event_id: str, told: dict[str, Any]) -> dict[str, Any]:
    base = f"/projects/{world.acme.slug}/{project}"
    shown = world.owner.get(f"{base}/events/{event_id}/").json()
    issues = world.owner.get(f"{base}/issues/", query="").json()
    (issue,) = [issue for issue in issues if issue["id"] == shown["groupID"]]
    shown["tags"] = {tag["key"]: tag["value"] for tag in shown["tags"]}
    shown["entries"] = {entry["type"]: entry["data"] for entry in shown["entries"]}
    return {"told": told, "shown": shown, "issue": issue, "issues": len(issues)}


@pytest.mark.parametrize("name", CASES)
def test_an_event_becomes_what_the_original_makes_of_it(outcomes: dict[str, Any], name: str) -> None:
    expected = json.loads(json.dumps(CASES[name]["expected"]).replace(SENDER, "127.0.0.1"))
    assert {path: _at(outcomes[name], path) for path in expected} == expected


def _at(value: Any, path: str) -> Any:
    """The value at a path; names may have dots in them."""
    if not path:
        return value
    if isinstance(value, list):
        first, _, rest = path.partition(".")
        return _at(value[int(first)], rest) if int(first) < len(value) else ABSENT
    names = [name for name in (value if isinstance(value, dict) else ()) if path == name or path.startswith(f"{name}.")]
    name = max(names, key=len, default=None)
    return ABSENT if name is None else _at(value[name], path[len(name) + 1 :])
