"""A reader over HTTP that waits for a replica wakes with the commit that brings it: a process has one ``Freshness``."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

import shared.freshness
from control_silo.replication.kinds import KINDS
from region_silo.replication.kinds import kinds_of
from shared.category import Category
from shared.consistency import TOKEN_NAME, WrittenVersion, encode
from shared.domain.peer import CONTROL
from shared.freshness import ReplicaFreshness
from tests.integration.rest.conftest import Web
from tests.silos import fresh

FOR_EVER = 60.0
"""Nothing but the news of a commit ends a wait that is looked after this rarely."""


@pytest.fixture(params=["us", CONTROL])
def silo(request: pytest.FixtureRequest, web: Web, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A silo whose readers wait as long as they must."""
    name: str = request.param
    monkeypatch.setattr(shared.freshness, "RECHECK_SECONDS", FOR_EVER)
    silos, control, region = web.silos, web.silos.control, web.silos.regions["us"].region
    _restart(web, name, wait_seconds=FOR_EVER)
    yield name
    silos.control, silos.regions["us"].region = control, region
    _restart(web, name)


def test_a_waiting_reader_wakes_with_the_commit(web: Web, silo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, path = _not_yet_in(web, silo)
    silos, answers = web.silos, list[httpx.Response]()
    freshness: Any = silos.control.freshness if silo == CONTROL else silos.regions[silo].region.freshness
    looked, is_fresh = threading.Event(), freshness.is_fresh

    def look(versions: Any) -> Any:
        found = is_fresh(versions)
        looked.set()
        return found

    def read() -> None:
        answers.append(web.http.get(silo, path, token=web.superuser.token, headers={TOKEN_NAME: encode([seen])}))

    monkeypatch.setattr(freshness, "is_fresh", look)
    reader = threading.Thread(target=read)
    reader.start()
    assert looked.wait(10)
    silos.replicate()
    reader.join(FOR_EVER / 2)
    assert not reader.is_alive()
    assert answers[0].status_code == 200


def _not_yet_in(web: Web, silo: str) -> tuple[WrittenVersion, str]:
    """What the silo has not heard of yet, and a path that waits for it."""
    if silo == CONTROL:
        organization = web.silos.create_organization(fresh("new"), region="us")
        return WrittenVersion(Category.ORGANIZATION, organization.id, 1), "/api/0/organizations/"
    app = web.silos.create_app(fresh("New"), owner=web.acme, creator=web.owner.user)
    return WrittenVersion(Category.APP, app.id, 1), "/api/0/organizations/acme/sentry-app-components/"


def _restart(web: Web, silo: str, *, wait_seconds: float | None = None) -> None:
    """Serves the silo anew; its readers wait so long where that is said."""
    web.http.stop(silo)
    web.silos.stop(silo)
    if wait_seconds is not None and silo == CONTROL:
        freshness = ReplicaFreshness(web.silos.control.database, KINDS, wait_seconds=wait_seconds)
        web.silos.control = replace(web.silos.control, freshness=freshness)
    elif wait_seconds is not None:
        running = web.silos.regions[silo]
        patient = ReplicaFreshness(running.region.database, kinds_of(running.region.name), wait_seconds=wait_seconds)
        running.region = replace(running.region, freshness=patient)
    web.silos.start(silo)
    web.http.start(silo)
