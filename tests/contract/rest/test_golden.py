"""What every endpoint answers, byte for byte but for chance, on both engines; and that its documentation says so too.

A difference is meant or it is not: ``make golden`` writes the files anew.
"""

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from control_silo.api.application import list_endpoints as list_control_endpoints
from region_silo.api.application import list_endpoints as list_region_endpoints
from shared.domain.peer import CONTROL
from shared.http.endpoint import EventStream
from tests.contract.rest.exchange import Exchange
from tests.contract.rest.record import FOLDER, file_name, golden_files
from tests.contract.rest.stage import REGION, Stage, open_stage
from tests.contract.rest.story import tell

ENDPOINTS = {
    file_name(silo, f"{each.method} {each.path}")
    for silo, listed in ((CONTROL, list_control_endpoints()), (REGION, list_region_endpoints()))
    for each in listed
}
"""The file of every endpoint."""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The story, told."""
    folder, numbers = tmp_path_factory.mktemp("story"), itertools.count(1)
    with contextlib.ExitStack() as databases:

        def new_url() -> str:
            if request.param == "sqlite":
                return f"sqlite:///{folder / f'{next(numbers)}.db'}"
            url: str = databases.enter_context(request.getfixturevalue("postgres_server").database())
            return url

        with open_stage(new_url) as stage:
            tell(stage)
            yield stage


@pytest.fixture(scope="module")
def told(stage: Stage) -> dict[str, str]:
    return golden_files(stage)


def test_every_endpoint_has_its_file() -> None:
    assert {path.name for path in FOLDER.iterdir()} == ENDPOINTS


@pytest.mark.parametrize("name", sorted(ENDPOINTS))
def test_an_endpoint_answers_as_its_file_says(told: dict[str, str], name: str) -> None:
    assert told[name].splitlines() == (FOLDER / name).read_text().splitlines()


@pytest.mark.parametrize("silo", [CONTROL, REGION])
def test_the_documentation_has_the_shape_of_every_answer(stage: Stage, silo: str) -> None:
    document = stage.http.get(silo, "/openapi.json").json()
    for exchange in stage.exchanges[silo]:
        content = _documented(document, exchange).get("content")
        assert (content is None) == (exchange.answer is None), exchange.request
        if content is not None and EventStream.media_type not in content:
            schema = {**content["application/json"]["schema"], "components": document["components"]}
            jsonschema.validate(exchange.answer, schema, jsonschema.Draft202012Validator)


def _documented(document: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    method, _, path = exchange.endpoint.partition(" ")
    responses = document["paths"][f"/api/0{path}"][method.lower()]["responses"]
    found: dict[str, Any] = responses.get(str(exchange.status)) or responses["default"]
    return found
