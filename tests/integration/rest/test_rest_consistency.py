"""Over HTTP too, a reader that presents a consistency token never sees a state older than it (DESIGN §5, 7)."""

from typing import Any

import httpx
import pytest

from shared.category import Category
from shared.consistency import TOKEN_NAME, WrittenVersion, encode
from tests.integration.rest.conftest import Web
from tests.silos import fresh

SCHEMA = {"elements": [{"type": "stacktrace-link", "uri": "/code"}]}
COMPONENTS = "/api/0/organizations/acme/sentry-app-components/"


@pytest.fixture
def created(web: Web) -> Any:
    """The answer to the creation of an internal app, of which no region has heard yet."""
    body = {"name": fresh("New"), "organization": "acme", "isInternal": True, "webhookUrl": "https://new.example"}
    token = web.owner.token
    yield web.http.call("POST", "control", "/api/0/sentry-apps/", token=token, json=body | {"schema": SCHEMA})
    web.silos.start_stopped()
    web.silos.replicate()


def read(web: Web, path: str, seen: str, *, silo: str = "us", token: str = "") -> httpx.Response:
    return web.http.get(silo, path, token=token or web.owner.token, headers={TOKEN_NAME: seen})


@pytest.mark.parametrize("silo", ["us", "control"])
@pytest.mark.parametrize("query", ["", "?filter=stacktrace-link"])
def test_components_of_an_app_that_has_not_arrived_are_control_s_to_tell(
    web: Web, created: httpx.Response, silo: str, query: str
) -> None:
    answer = read(web, COMPONENTS + query, created.headers[TOKEN_NAME], silo=silo)
    assert answer.json()[-1]["sentryApp"]["slug"] == created.json()["slug"]


def test_components_that_control_tells_of_come_in_pages(web: Web, created: httpx.Response) -> None:
    pages = [
        read(web, f"{COMPONENTS}?filter=stacktrace-link&cursor=1:{number}:0", created.headers[TOKEN_NAME]).json()
        for number in range(2)
    ]
    assert pages[0][0]["sentryApp"]["slug"] == web.robot.slug
    assert [len(page) for page in pages] == [1, 1]


def test_an_installation_is_read_as_new_as_the_reader_has_seen_it(web: Web, created: httpx.Response) -> None:
    uuid = web.http.get("control", "/api/0/organizations/acme/sentry-app-installations/", token=web.owner.token).json()[
        0
    ]["uuid"]
    path = f"/api/0/sentry-app-installations/{uuid}/external-requests/?uri=//nowhere"
    assert read(web, path, created.headers[TOKEN_NAME]).status_code == 400


def test_an_app_s_token_that_has_been_seen_is_control_s_to_judge(web: Web) -> None:
    token = web.http.create_app_token(web.robot)
    web.silos.replicate()
    seen = encode([WrittenVersion(Category.TOKEN, token.row.id, 99)])
    assert read(web, "/api/0/organizations/acme/", seen, token=token.text).status_code == 200


def test_while_control_is_away_a_region_says_that_it_is_behind(web: Web, created: httpx.Response) -> None:
    web.silos.stop("control")
    answer = read(web, COMPONENTS, created.headers[TOKEN_NAME])
    web.silos.start("control")
    assert (answer.status_code, answer.headers["silo-reason"]) == (503, "REPLICA_BEHIND")


def test_control_says_that_it_is_behind_in_organizations(web: Web) -> None:
    seen = encode([WrittenVersion(Category.ORGANIZATION, web.acme.id, 99)])
    for path in ("/api/0/organizations/", COMPONENTS):
        answer = read(web, path, seen, silo="control")
        assert (answer.status_code, answer.headers["silo-reason"]) == (503, "REPLICA_BEHIND")
