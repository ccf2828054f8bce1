"""Nobody without a key or an account makes a silo wait for them on a thread that others need. Over HTTP."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from control_silo.replication.kinds import KINDS
from region_silo.replication.kinds import kinds_of
from shared.category import Category
from shared.consistency import TOKEN_NAME, WrittenVersion, encode
from shared.domain.peer import CONTROL
from shared.domain.region_id import region_id
from shared.errors import NotFound
from shared.freshness import ReplicaFreshness
from tests.http_silos import HttpSilos, serving_http
from tests.silos import Silos, running_silos

FOR_EVER = 300.0
NEVER_WRITTEN = [WrittenVersion(Category.ORGANIZATION, 1, 999), WrittenVersion(Category.APP, 1, 999)]
ISSUES, APPS = "/api/0/organizations/acme/issues/", "/api/0/organizations/acme/sentry-app-components/"
MANY = 60
"""More than the threads of a server."""


@pytest.fixture
def silos(new_database_url: Callable[[], str]) -> Iterator[Silos]:
    """Their readers wait for what they have seen as long as they must."""
    with running_silos(new_database_url, regions=["us"]) as silos:
        silos.create_organization("acme", region="us")
        control, us = silos.control, silos.regions["us"]
        patient = ReplicaFreshness(control.database, KINDS, wait_seconds=FOR_EVER)
        silos.control = replace(control, freshness=patient)
        patient = ReplicaFreshness(us.region.database, kinds_of("us"), wait_seconds=FOR_EVER)
        us.region = replace(us.region, freshness=patient)
        silos.replicate()
        yield silos


@pytest.fixture
def http(silos: Silos) -> Iterator[HttpSilos]:
    with serving_http(silos) as web:
        yield web


@pytest.mark.parametrize(("silo", "path"), [(CONTROL, "/api/0/organizations/"), (CONTROL, ISSUES), ("us", APPS)])
@pytest.mark.parametrize("who", [{}, {"token": "made-up"}, {"session": "made-up"}], ids=["nobody", "token", "session"])
def test_a_stranger_who_claims_to_have_seen_something_is_refused_at_once(
    http: HttpSilos, silo: str, path: str, who: dict[str, Any]
) -> None:
    answer = http.get(silo, path, headers={TOKEN_NAME: encode(NEVER_WRITTEN)}, **who)
    assert answer.status_code == 401


def test_events_on_their_way_take_no_thread_of_peoples(http: HttpSilos, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = http.create_user("owner@acme.example", organization="acme")
    is_over = threading.Event()

    def hang(*_: object) -> None:
        is_over.wait(FOR_EVER)
        raise NotFound

    # As slow as the database may be for whoever looks the region of an event up.
    monkeypatch.setattr("control_silo.api.forward.region_of_id", hang)
    path = f"/api/{region_id(1, region_number=1)}/store/?sentry_key=abc"
    with ThreadPoolExecutor(MANY) as senders:
        sent = [senders.submit(http.call, "POST", CONTROL, path, json={}) for _ in range(MANY)]
        answer = http.get(CONTROL, "/api/0/organizations/", token=owner.token)
        is_over.set()
        assert {each.result().status_code for each in sent} == {403}
    assert answer.status_code == 200
