"""A gRPC channel and server inside one process, for unmodified generated stubs and servicers.

Owns what lies between a stub and a servicer when there is no network: all four kinds of call, metadata both ways,
deadlines, cancellation, interceptors, status and details. Refuses to know the platform; it is as useful to other
people's tests as to ours:

    >>> from grpc_health.v1 import health, health_pb2, health_pb2_grpc
    >>> from shared.rpc.inprocess import InProcessChannel, InProcessServer
    >>> server = InProcessServer("example")
    >>> health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    >>> server.start()
    >>> with InProcessChannel("example") as channel:
    ...     answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
    >>> health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    'SERVING'
    >>> server.stop().wait()
    True

Messages are serialized and parsed on every call, metadata must be what HTTP/2 allows, and a handler sees none of its
caller's context variables: what works here works over TCP. What differs:

* **Threads.** A unary-unary handler runs on its caller's thread, which makes a call cost microseconds and a test
  deterministic. Streams and ``.future()`` run on a thread of their own. With ``executor=`` every handler runs there.
* **Deadlines.** A handler on its caller's thread cannot be abandoned: ``is_active()`` and callbacks tell it of the
  deadline, and a result that comes later is DEADLINE_EXCEEDED, but the caller waits for it. With ``executor=`` the
  caller stops waiting at its deadline, as over TCP.
* **Connecting.** Nothing is dialled. A call to a name that is not served fails at once with UNAVAILABLE, or waits with
  ``wait_for_ready``. Compression and call credentials are ignored.
* **Exceptions.** ``KeyboardInterrupt`` and its kind pass from the handler to the caller on whose thread it runs.
"""

from shared.rpc.inprocess.call import InProcessRpcError
from shared.rpc.inprocess.channel import InProcessChannel
from shared.rpc.inprocess.server import InProcessServer

__all__ = ["InProcessChannel", "InProcessRpcError", "InProcessServer"]
