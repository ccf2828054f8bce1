import pytest

from shared.cli.method import find_method, list_services
from shared.errors import ConfigInvalid


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
