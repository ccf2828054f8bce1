import json

import pytest

from shared.cli.contract import find_method, list_services, parse_message, render_message
from shared.errors import ConfigInvalid
from shared.pb.hybridcloud.apps.v1.app_calls_pb2 import GetSentryAppBySlugRequest, GetSentryAppBySlugResponse
from shared.pb.hybridcloud.apps.v1.installation_calls_pb2 import GetInstallationByIdRequest
from shared.pb.hybridcloud.apps.v1.installation_pb2 import RpcSentryAppInstallation

BIGGEST = 2**63 - 1


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_method_is_found_by_its_name(slash: str) -> None:
    method = find_method(f"{slash}hybridcloud.apps.v1.AppService/GetSentryAppBySlug")
    assert method.input_type.name == "GetSentryAppBySlugRequest"


def test_the_health_of_a_silo_can_be_asked_too() -> None:
    assert find_method("grpc.health.v1.Health/Check").output_type.name == "HealthCheckResponse"


def test_every_service_of_the_contracts_is_listed() -> None:
    assert {"hybridcloud.apps.v1.AppService", "hybridcloud.operations.v1.TopologyService"} <= set(list_services())


def test_an_unknown_method_is_answered_with_those_there_are() -> None:
    with pytest.raises(ConfigInvalid, match=r"no method 'Nope'; it has: .*GetStatus"):
        find_method("hybridcloud.operations.v1.OutboxService/Nope")


def test_an_unknown_service_is_answered_with_those_there_are() -> None:
    with pytest.raises(ConfigInvalid, match=r"no service 'a\.B'; there are: hybridcloud\.apps"):
        find_method("a.B/C")


def test_a_name_without_a_method_is_refused() -> None:
    with pytest.raises(ConfigInvalid, match=r"package\.Service/Method"):
        find_method("hybridcloud.apps.v1.AppService")


def test_ids_are_numbers() -> None:
    assert render_message(RpcSentryAppInstallation(id=7, organization_id=2**53))["organization_id"] == 2**53


def test_a_number_that_json_cannot_hold_is_a_string() -> None:
    assert render_message(GetInstallationByIdRequest(id=BIGGEST)) == {"id": str(BIGGEST)}


@pytest.mark.parametrize("text", ['{"id": 7}', '{"id": "7"}'])
def test_numbers_are_read_from_strings_too(text: str) -> None:
    assert parse_message(text, GetInstallationByIdRequest) == GetInstallationByIdRequest(id=7)


def test_a_number_at_its_limit_survives() -> None:
    request = parse_message(f'{{"id": {BIGGEST}}}', GetInstallationByIdRequest)
    assert request == GetInstallationByIdRequest(id=BIGGEST)


def test_what_may_be_absent_is_absent_and_lists_are_always_there() -> None:
    assert render_message(GetSentryAppBySlugResponse()) == {}
    response = GetSentryAppBySlugResponse()
    response.sentry_app.slug = "kanban"
    app = render_message(response)["sentry_app"]
    assert (app["scope_list"], app["is_alertable"]) == ([], False)
    assert "webhook_url" not in app


def test_a_struct_is_plain_json() -> None:
    response = GetSentryAppBySlugResponse()
    response.sentry_app.metadata.update({"seats": 3, "tags": ["a"]})
    assert render_message(response)["sentry_app"]["metadata"] == {"seats": 3, "tags": ["a"]}


def test_a_whole_number_in_a_struct_is_printed_as_one() -> None:
    response = GetSentryAppBySlugResponse()
    response.sentry_app.metadata.update({"seats": 3, "deep": [{"share": 0.5, "big": 1e300, "on": True}]})
    printed = json.dumps(render_message(response)["sentry_app"]["metadata"], sort_keys=True)
    assert printed == '{"deep": [{"big": 1e+300, "on": true, "share": 0.5}], "seats": 3}'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not JSON"),
        ("[]", "must be a JSON object"),
        ('"slug"', "must be a JSON object"),
        ('{"slg": "x"}', r'no field named "slg".* Its fields: slug\.'),
        ('{"slug": 7}', "does not fit GetSentryAppBySlugRequest"),
    ],
)
def test_a_request_that_does_not_fit_is_explained(text: str, sentence: str) -> None:
    with pytest.raises(ConfigInvalid, match=sentence):
        parse_message(text, GetSentryAppBySlugRequest)
