"""Whether a silo says that it serves: the standard gRPC health service, which needs no signature."""

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

PROBE_SECONDS = 1.0


def is_healthy(grpc_address: str, *, credentials: grpc.ChannelCredentials | None = None) -> bool:
    """Asks the silo at ``host:port``; no answer is a no.

    Args:
        grpc_address: where it listens.
        credentials: for a platform with TLS.
    """
    options = [("grpc.enable_http_proxy", 0)]
    if credentials is None:
        channel = grpc.insecure_channel(grpc_address, options=options)
    else:
        channel = grpc.secure_channel(grpc_address, credentials, options=options)
    with channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PROBE_SECONDS)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
