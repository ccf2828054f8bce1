"""Whoever knows the public key of a project, as every visitor of a page does: a flood of events costs its own key."""

import dataclasses
import itertools
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

import httpx
import pytest

from region_silo.api.ingest import CROWDED_SECONDS, EVENT_THREADS
from region_silo.models.project import Project
from region_silo.services.projects import create_project
from tests.http_silos import HttpSilos, serving_http
from tests.silos import running_silos

QUOTA = 3


class Stage:
    """Two projects of an organization in ``us``, whose keys may send three events a minute."""

    def __init__(self, http: HttpSilos) -> None:
        self.http, region = http, http.silos.regions["us"].region
        organization = http.silos.create_organization("acme", region="us")
        self.owner = http.create_user("owner@acme.example", organization="acme")
        self.projects = [create_project(region, organization_id=organization.id, slug=slug) for slug in ("web", "api")]

    def send(self, project: Project, *, silo: str = "us", key: str | None = None, events: int = 1) -> httpx.Response:
        header = {"x-sentry-auth": f"Sentry sentry_key={key or project.public_key}"}
        item = b'\n{"type":"event"}\n' + json.dumps({"message": "no"}).encode()
        path = f"/api/{project.id}/envelope/"
        return self.http.call("POST", silo, path, headers=header, content=b"{}" + item * events)


@pytest.fixture
def stage(new_database_url: Callable[[], str]) -> Iterator[Stage]:
    with running_silos(new_database_url, regions=["us"]) as silos:
        running = silos.regions["us"]
        silos.regions["us"] = dataclasses.replace(
            running, config=running.config.model_copy(update={"events_per_minute": QUOTA})
        )
        with serving_http(silos) as http:
            yield Stage(http)


@pytest.mark.parametrize("silo", ["us", "control"])
def test_a_key_that_has_sent_enough_is_told_to_wait(stage: Stage, silo: str) -> None:
    answers = [stage.send(stage.projects[0], silo=silo) for _ in range(QUOTA + 1)]
    assert [answer.status_code for answer in answers] == [200] * QUOTA + [429]
    wait = int(answers[-1].headers["retry-after"])
    assert 0 < wait <= 60
    assert answers[-1].headers["x-sentry-rate-limits"] == f"{wait}::key"


def test_one_key_takes_nothing_of_anothers(stage: Stage) -> None:
    web, api = stage.projects
    for _ in range(QUOTA + 1):
        stage.send(web)
    assert [stage.send(project).status_code for project in (web, api)] == [429, 200]


def test_many_events_in_one_envelope_count_as_many(stage: Stage) -> None:
    web = stage.projects[0]
    assert [stage.send(web, events=count).status_code for count in (2, 2, 1)] == [200, 429, 429]


def test_a_key_may_send_again_when_its_minute_is_over(stage: Stage) -> None:
    refused = [stage.send(stage.projects[0]) for _ in range(QUOTA + 1)][-1]
    stage.http.silos.clock.advance(int(refused.headers["retry-after"]))
    assert stage.send(stage.projects[0]).status_code == 200


def test_made_up_keys_are_refused_and_never_counted(stage: Stage) -> None:
    web = stage.projects[0]
    statuses = {stage.send(web, key=f"{number % 2:032x}").status_code for number in range(QUOTA * 3)}
    assert (statuses, stage.send(web).status_code) == ({403}, 200)


def test_what_finds_no_thread_is_told_to_come_again_and_people_are_answered(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EVENT_THREADS, "max_waiting", 0)
    # Whoever stores waits for the one writer of SQLite, so that each event holds its thread.
    with ThreadPoolExecutor(QUOTA * 2) as senders, stage.http.silos.database("us").transaction():
        sent = [senders.submit(stage.send, project) for project in stage.projects * QUOTA]
        refused = [each.result() for each in itertools.islice(as_completed(sent), len(sent) - EVENT_THREADS.threads)]
        people = stage.http.get("us", "/api/0/organizations/acme/projects/", token=stage.owner.token)
    assert {(each.status_code, each.headers["x-sentry-rate-limits"]) for each in refused} == {
        (429, f"{CROWDED_SECONDS}::organization")
    }
    assert people.status_code == 200
