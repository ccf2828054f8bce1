"""Whether each silo says over gRPC that it serves, with its database and without."""

from collections.abc import Iterator

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.rpc.health import REMEMBERED_SECONDS
from tests.silos import Silos

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
OUTBOX_SERVICE = "hybridcloud.operations.v1.OutboxService"


def health_of(silos: Silos, silo: str) -> set[int]:
    """What the silo says of itself and of one of its services."""
    silos.clock.advance(REMEMBERED_SECONDS)
    stub = health_pb2_grpc.HealthStub(silos.channel(silo))
    return {stub.Check(health_pb2.HealthCheckRequest(service=service)).status for service in ("", OUTBOX_SERVICE)}


@pytest.fixture(params=["control", "us"])
def silo(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def without_tables(silos: Silos, silo: str) -> Iterator[None]:
    database = silos.database(silo)
    with database.transaction():
        database.rows("ALTER TABLE schema_migration RENAME TO lost")
    yield
    with database.transaction():
        database.rows("ALTER TABLE lost RENAME TO schema_migration")


def test_a_silo_with_its_database_serves(silos: Silos, silo: str) -> None:
    assert health_of(silos, silo) == {SERVING}


@pytest.mark.usefixtures("without_tables")
def test_a_silo_whose_database_cannot_be_used_does_not_serve(silos: Silos, silo: str) -> None:
    assert health_of(silos, silo) == {NOT_SERVING}
