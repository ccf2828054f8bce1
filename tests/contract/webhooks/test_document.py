"""The OpenAPI document tells of every webhook, as it is sent."""

import copy
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from shared.domain.event import AppEvent
from shared.domain.peer import CONTROL
from tests.contract.rest.stage import REGION, Stage
from tests.contract.webhooks.conftest import Received
from tests.contract.webhooks.page import TOLD


@pytest.fixture(scope="module")
def document(stage: Stage) -> dict[str, Any]:
    """Control's."""
    document: dict[str, Any] = stage.http.get(CONTROL, "/openapi.json").json()
    return document


def schema_of(document: dict[str, Any], event: AppEvent) -> dict[str, Any]:
    content = document["webhooks"][event.value]["post"]["requestBody"]["content"]["application/json"]
    return {**content["schema"], "components": document["components"]}


def fits(document: dict[str, Any], event: AppEvent, body: Any) -> bool:
    return jsonschema.Draft202012Validator(schema_of(document, event)).is_valid(body)


def test_the_document_of_control_tells_of_every_webhook(document: dict[str, Any]) -> None:
    assert document["webhooks"].keys() == {event.value for event in TOLD}


def test_the_document_of_a_region_tells_of_what_it_sends(stage: Stage) -> None:
    told = {event.value for event in TOLD if event.row.detail is not None}
    assert stage.http.get(REGION, "/openapi.json").json()["webhooks"].keys() == told


@pytest.mark.parametrize("event", TOLD, ids=str)
def test_what_is_sent_fits_what_the_document_says(
    document: dict[str, Any], received: Received, event: AppEvent
) -> None:
    jsonschema.validate(received[event].json, schema_of(document, event), jsonschema.Draft202012Validator)


@pytest.mark.parametrize("event", TOLD, ids=str)
def test_what_lacks_a_part_does_not_fit(document: dict[str, Any], received: Received, event: AppEvent) -> None:
    body = received[event].json
    assert fits(document, event, body)
    assert not any(fits(document, event, {key: body[key] for key in body if key != lost}) for lost in body)
    assert not fits(document, event, body | {"action": "invented"})


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (AppEvent.ISSUE_CREATED, ("issue", "web_url")),
        (AppEvent.ISSUE_RESOLVED, ("resolution_type",)),
        (AppEvent.ISSUE_ASSIGNED, ("assignee", "id")),
        (AppEvent.ERROR_CREATED, ("error", "issue_url")),
        (AppEvent.COMMENT_CREATED, ("comment_id",)),
        (AppEvent.EVENT_ALERT_TRIGGERED, ("event", "event_id")),
        (AppEvent.METRIC_ALERT_CRITICAL, ("metric_alert", "alert_rule", "triggers")),
        (AppEvent.INSTALLATION_CREATED, ("installation", "app")),
    ],
)
def test_the_data_is_typed(
    document: dict[str, Any], received: Received, event: AppEvent, path: tuple[str, ...]
) -> None:
    body = copy.deepcopy(received[event].json)
    *way, last = path
    part = body["data"]
    for name in way:
        part = part[name]
    del part[last]
    assert not fits(document, event, body)


def test_every_header_that_is_sent_is_documented(document: dict[str, Any], received: Received) -> None:
    for event, request in received.items():
        named = document["webhooks"][event.value]["post"]["parameters"]
        ours = {name for name in request.headers if name.startswith("sentry-") or name == "request-id"}
        assert {each["name"].lower() for each in named} == ours


@pytest.mark.parametrize("silo", [CONTROL, REGION])
def test_the_document_is_one_of_openapi(stage: Stage, silo: str) -> None:
    document = stage.http.get(silo, "/openapi.json").json()
    assert document["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_document_of_control_has_what_regions_serve_and_where(stage: Stage, document: dict[str, Any]) -> None:
    there = stage.http.get(REGION, "/openapi.json").json()
    assert there["paths"].keys() <= document["paths"].keys()
    assert [server["url"] for server in document["servers"]] == [stage.http.url(CONTROL), stage.http.url(REGION)]
    assert [server["url"] for server in there["servers"]] == [stage.http.url(REGION)]


def test_one_name_is_one_shape_in_both_documents(stage: Stage, document: dict[str, Any]) -> None:
    there = stage.http.get(REGION, "/openapi.json").json()["components"]["schemas"]
    here = document["components"]["schemas"]
    assert [name for name in there if there[name] != here[name]] == []


def test_operations_of_the_merged_document_are_named_once(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
