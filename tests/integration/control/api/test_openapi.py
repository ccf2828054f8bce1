"""Whatever the documentation allows, and much that it does not: answered as documented, and never by a 500."""

import contextlib
import dataclasses
from collections.abc import Sequence
from typing import Any, TypeAlias

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy, one_of
from jsonschema import Draft202012Validator
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from control_silo.api.application import create_api, list_endpoints
from control_silo.bootstrap import open_alone
from control_silo.services.internal_token import create_internal_token
from control_silo.services.regions import Place, RegionChannels
from shared.clock import SystemClock
from shared.database.connect import connect
from shared.errors import SiloUnreachable
from shared.http.application import PREFIX
from shared.http.endpoint import Endpoint, EventStream
from tests.integration.control.api.world import Caller, World

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]
AnyCase: TypeAlias = Case[Any]

CHECKS = [
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
ENDPOINTS = [pytest.param(endpoint, id=f"{endpoint.method} {endpoint.path}") for endpoint in list_endpoints()]
ENDING = [
    pytest.param(each, id=f"{each.method} {each.path}")
    for each in list_endpoints()
    if EventStream not in each.answers.values()
]
SHARE = 8
"""One in so many of the profile's examples goes to each endpoint, by each caller; all together are thousands."""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `/openapi.json` answers."""
    database = connect(f"sqlite:///{tmp_path_factory.mktemp('openapi') / 'control.db'}", create=True)
    with contextlib.closing(database):
        return create_api(open_alone(database, clock=SystemClock())).openapi()


@pytest.fixture(scope="module")
def schema(document: dict[str, Any]) -> Any:
    """The document as its tests are made of it: read once, since reading it takes longer than asking an endpoint."""
    return schemathesis.openapi.from_dict(document)


@pytest.fixture
def things(world: World) -> dict[str, str]:
    """An app, an installation of it and a token: what paths can name."""
    world.control = world.application.state.control = dataclasses.replace(
        world.control, regions=RegionChannels(world.control.database, _away, world.clock)
    )
    app = world.app("Kanban", status="internal", scopes=["org:read"])
    installation = world.installation_of(app)
    with world.control.database.transaction() as tx:
        token = create_internal_token(tx, app, installation, now=world.clock.now()).row
    return {
        "app_id_or_slug": app.slug,
        "organization_id_or_slug": "acme",
        "uuid": installation.uuid,
        "token_id": str(token.id),
    }


def _away(name: str, place: Place) -> Any:
    raise SiloUnreachable


def requests_to(operation: Operation, endpoint: Endpoint, things: dict[str, str]) -> SearchStrategy[AnyCase]:
    """Requests that fit the documentation, with its own examples among them, and some that do not."""
    fitting = [operation.as_strategy(path_parameters=known) for known in (things, None)]
    misfits = [operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=known) for known in (things, None)]
    shown = [operation.as_strategy(path_parameters=things, body=body) for body in examples_of(endpoint)]
    return one_of(*fitting, *shown, *misfits)


def examples_of(endpoint: Endpoint) -> list[Any]:
    extra: Any = endpoint.body.model_config.get("json_schema_extra") if endpoint.body else None
    return list(extra["examples"]) if extra else []


@pytest.mark.parametrize("endpoint", ENDING)
def test_every_endpoint_answers_anything_as_documented(
    world: World, schema: Any, things: dict[str, str], endpoint: Endpoint
) -> None:
    operation = schema.find_operation_by_path(endpoint.method, f"{PREFIX}{endpoint.path}")
    assert operation is not None
    answer_all((world.superuser(), world.person(session=True), world.nobody), requests_to(operation, endpoint, things))


def answer_all(callers: Sequence[Caller], requests: SearchStrategy[AnyCase]) -> None:
    # Each request is sent by every caller: making one up takes longer than answering it three times.
    @settings(max_examples=settings().max_examples // SHARE, suppress_health_check=list(HealthCheck))
    @given(case=requests)
    def answer(case: AnyCase) -> None:
        invented = dict(case.headers), dict(case.cookies)
        for caller in callers:
            case.headers.update(invented[0])
            case.cookies.update(invented[1])
            if caller.headers:  # in place of the invented credentials
                case.headers.pop("Authorization", None)
                case.cookies.clear()
            response = case.call(base_url=str(caller.client.base_url), headers=caller.headers)
            assert response.status_code < 500 or response.status_code == 503, response.text
            case.validate_response(response, checks=CHECKS)

    answer()


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_shape_is_shown_by_an_example_that_fits_it(document: dict[str, Any], endpoint: Endpoint) -> None:
    operation = document["paths"][f"{PREFIX}{endpoint.path}"][endpoint.method.lower()]
    contents = [operation.get("requestBody", {}), *(operation["responses"][str(each)] for each in endpoint.answers)]
    for content in contents:
        for name in _shapes(content):
            shape = document["components"]["schemas"][name]
            assert shape.get("examples"), f"{name} has no example"
            for example in shape["examples"]:
                Draft202012Validator({**document, "$ref": f"#/components/schemas/{name}"}).validate(example)


def _shapes(content: dict[str, Any]) -> list[str]:
    media = content.get("content", {})
    schemas = [media[name]["schema"] for name in media if name != EventStream.media_type]
    return [schema.get("items", schema)["$ref"].rpartition("/")[2] for schema in schemas]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_endpoint_says_what_it_does_and_what_its_path_means(document: dict[str, Any], endpoint: Endpoint) -> None:
    operation = document["paths"][f"{PREFIX}{endpoint.path}"][endpoint.method.lower()]
    assert endpoint.function.__doc__
    assert operation["summary"]
    assert all(parameter["description"] for parameter in operation.get("parameters", []))


def test_operations_are_named_once(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
