"""Whether a silo says that it serves, by the standard gRPC health service."""

from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.cli.access import Access
from shared.errors import SiloError

PROBE_SECONDS = 1.0


def is_healthy(access: Access, silo: str, *, address: str) -> bool:
    """Asks a silo; no answer is a no.

    Args:
        access: to the platform that it belongs to.
        silo: its name.
        address: ``host:port`` where it should listen; nobody listens where there can be no address.
    """
    try:
        with access.channel(silo, address=address) as channel:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PROBE_SECONDS)
    except SiloError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
