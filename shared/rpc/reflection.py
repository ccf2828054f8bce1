"""Server reflection under both of its names, so that tools find what a silo serves.

The reflection that comes with gRPC is ``v1alpha``. Tools of today ask ``v1`` first, whose messages are the same bytes.
Owns the second name. Refuses to know what is described.
"""

from collections.abc import Iterable

import grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2

SERVICES = ("grpc.reflection.v1.ServerReflection", reflection.SERVICE_NAME)


def add_reflection(server: grpc.Server, services: Iterable[str]) -> None:
    """Lets anyone ask what the server serves.

    Args:
        server: not started yet.
        services: full names of its services, reflection left out.
    """
    # The newer name is not listed: no file describes it, and some tools describe all that is listed.
    servicer = reflection.ReflectionServicer((*services, reflection.SERVICE_NAME))
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler(service, {"ServerReflectionInfo": handler}) for service in SERVICES]
    )
