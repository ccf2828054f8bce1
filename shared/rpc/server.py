"""Where a silo begins to answer: ``serve`` gives one type of server whatever it listens on.

Owns the choice of transport, the binding of the address, health, reflection, and an orderly end. Refuses to know what
the servicers do. What happens around a call is in ``interceptors``.

The reflection that comes with gRPC is ``v1alpha``. Tools of today ask ``v1`` first, whose messages are the same bytes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2

from shared.clock import Clock
from shared.errors import ConfigInvalid
from shared.rpc.address import in_process_name, require_free, taken
from shared.rpc.aliases import GenericHandler, Handler
from shared.rpc.doorway import Doorway
from shared.rpc.health import Check, CheckedHealth
from shared.rpc.inprocess import InProcessServer
from shared.rpc.interceptors import SiloInterceptor
from shared.rpc.keyring import Keys
from shared.rpc.options import SERVER_OPTIONS
from shared.rpc.rights import Rights
from shared.rpc.signature import Verifier
from shared.rpc.tls import TlsConfig

DEFAULT_MAX_WORKERS = 16
"""Handlers that run at a time; Python runs one at a time, the others wait for the database or another silo."""

CALLS_PER_WORKER = 64
"""Calls that may wait per worker; beyond that a call fails at once with RESOURCE_EXHAUSTED instead of growing old."""

DEFAULT_GRACE_SECONDS = 2.0
"""How long open calls may end by themselves when a server stops."""

AddServicer = Callable[[Any, Any], None]
"""``add_XServicer_to_server`` as generated: takes the servicer and the server."""


def serve(
    listen: str,
    *,
    name: str,
    keys: Keys,
    clock: Clock,
    servicers: Sequence[tuple[AddServicer, Any]],
    rights: Rights | None = None,
    tls: TlsConfig | None = None,
    max_workers: int = DEFAULT_MAX_WORKERS,
    in_process_executor: ThreadPoolExecutor | None = None,
    check: Check | None = None,
) -> "SiloServer":
    """Binds, starts and returns a server for the given servicers, with health and reflection.

    Args:
        listen: ``host:port``, where port 0 picks a free one, or ``inprocess:<name>``.
        name: this silo's name, which calls must be addressed to.
        keys: every one of them verifies.
        clock: what the signatures' timestamps are compared with.
        servicers: pairs of a generated ``add_XServicer_to_server`` and the servicer.
        rights: which kinds of peers may call which methods; None: whoever has a key may call all.
        tls: certificate files; callers must then present one as well. None for plaintext. Ignored in-process.
        max_workers: handlers that run at a time. Ignored in-process.
        in_process_executor: runs the handlers of an ``inprocess:`` server instead of the callers' threads.
        check: raises a ``SiloError`` while the silo cannot serve, which its health then says. None: it always can.

    Raises:
        ConfigInvalid: the address is in use or malformed, or a TLS file cannot be read or used.
    """
    health = CheckedHealth(check, clock=clock)
    address_name = in_process_name(listen)
    verifier, is_tls = Verifier(keys, target=name, clock=clock), tls is not None and address_name is None
    # One judge for both transports, so that what holds over TCP holds in-process.
    interceptor = SiloInterceptor(verifier, rights=rights, server=name, tls=is_tls)
    if address_name is not None:
        inner: grpc.Server = InProcessServer(address_name, executor=in_process_executor, interceptors=[interceptor])
        return SiloServer(inner, address=listen, port=0, servicers=servicers, health=health)
    workers = Doorway(max_workers, name=name, max_calls=max_workers * CALLS_PER_WORKER)
    inner = grpc.server(workers, interceptors=[interceptor], options=SERVER_OPTIONS)
    port = _bind(inner, listen, tls=tls)
    address = f"{listen.rpartition(':')[0]}:{port}"
    return SiloServer(inner, address=address, port=port, servicers=servicers, health=health, workers=workers)


def _bind(server: grpc.Server, listen: str, *, tls: TlsConfig | None) -> int:
    credentials = tls.server_credentials() if tls else None
    # gRPC would share a port with another process that asks for it (SO_REUSEPORT), and each would get half of the
    # calls.
    require_free(listen)
    try:
        if credentials is not None:
            return server.add_secure_port(listen, credentials)
        return server.add_insecure_port(listen)
    except RuntimeError as exc:  # the address was free a moment ago
        if tls is not None:
            raise ConfigInvalid(f"Cannot listen on {listen}: the certificate {tls.cert} is of no use.") from exc
        raise taken(listen) from exc


class SiloServer:
    def __init__(
        self,
        inner: grpc.Server,
        *,
        address: str,
        port: int,
        servicers: Sequence[tuple[AddServicer, Any]],
        health: CheckedHealth,
        workers: ThreadPoolExecutor | None = None,
    ) -> None:
        self.address = address
        """What to give to ``connect``: ``host:port`` with the port that was bound, or ``inprocess:<name>``."""
        self.port = port
        """The bound port; 0 in-process."""
        self._inner = inner
        self._workers = workers
        self._health = health
        self._add(servicers)
        inner.start()

    def _add(self, servicers: Sequence[tuple[AddServicer, Any]]) -> None:
        recorder = _Recorder(self._inner)
        for add, servicer in (*servicers, (health_pb2_grpc.add_HealthServicer_to_server, self._health)):
            add(servicer, recorder)
        add_reflection(self._inner, recorder.services)
        self._health.announce(*recorder.services)
        self.services = tuple(recorder.services)
        """Full names of what is served, reflection left out."""

    def stop(self, *, grace_seconds: float = DEFAULT_GRACE_SECONDS) -> None:
        """Reports NOT_SERVING, takes no further calls, and returns when the open ones have ended. Idempotent.

        Args:
            grace_seconds: after this, calls that are still open are cancelled.
        """
        # First: whoever watches sends no more calls here while the open ones end.
        self._health.enter_graceful_shutdown()
        # Until the open calls have ended: they hold sessions of the database, which is closed next.
        self._inner.stop(grace_seconds).wait()
        if self._workers is not None:
            # Not waited for: the grace is over, and a handler that hangs must not hold up the stop.
            self._workers.shutdown(wait=False)

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Waits until the server was stopped; False when the time was not enough."""
        return not self._inner.wait_for_termination(timeout_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


class _Recorder:
    """Stands before a server while servicers are added, and notes the names of their services."""

    def __init__(self, server: grpc.Server) -> None:
        self._server: Any = server
        self.services: list[str] = []

    def add_generic_rpc_handlers(self, handlers: Iterable[GenericHandler]) -> None:
        handlers = tuple(handlers)
        self.services += [each.service_name() for each in handlers if isinstance(each, grpc.ServiceRpcHandler)]
        self._server.add_generic_rpc_handlers(handlers)

    def add_registered_method_handlers(self, service_name: str, handlers: Mapping[str, Handler]) -> None:
        self._server.add_registered_method_handlers(service_name, dict(handlers))


_REFLECTIONS = ("grpc.reflection.v1.ServerReflection", reflection.SERVICE_NAME)


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
        [grpc.method_handlers_generic_handler(service, {"ServerReflectionInfo": handler}) for service in _REFLECTIONS]
    )
