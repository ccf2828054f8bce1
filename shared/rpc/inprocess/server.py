"""The in-process server: ``grpc.Server`` without a socket.

Owns the handlers, the interceptors, the open calls and the server's life. Refuses to know clients; it is found by its
name in the registry.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextvars import Context
from dataclasses import dataclass
from functools import partial

import grpc

from shared.rpc.address import IN_PROCESS_PREFIX
from shared.rpc.aliases import GenericHandler, Handler, ServerInterceptor
from shared.rpc.inprocess.exchange import Exchange
from shared.rpc.inprocess.registry import registry
from shared.rpc.inprocess.serving import answer, serve
from shared.rpc.inprocess.timer import timer
from shared.rpc.metadata import Metadata

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class CallDetails(grpc.HandlerCallDetails):
    """What an interceptor learns of a call."""

    method: str
    invocation_metadata: Metadata


class InProcessServer(grpc.Server):
    """Serves unmodified servicers to ``InProcessChannel(name)`` in the same process."""

    def __init__(
        self, name: str, *, executor: Executor | None = None, interceptors: Sequence[ServerInterceptor] = ()
    ) -> None:
        """Args:
        name: what channels ask for; claimed by ``start()``, free again after ``stop()``.
        executor: runs every handler; without one, unary-unary handlers run on the caller's thread and all others on
            a thread of their own. The caller shuts it down.
        interceptors: outermost first.
        """
        self.name = name
        self._address = f"{IN_PROCESS_PREFIX}{name}"
        self._executor = executor
        self._registered: dict[str, Handler] = {}
        self._generic: list[GenericHandler] = []
        self._open: set[Exchange] = set()
        self._serving = False
        self._stopped = threading.Event()
        self._find: Callable[[CallDetails], Handler | None] = self._lookup
        # Wrapped from the inside, so that the first one is the outermost.
        for interceptor in reversed(interceptors):
            self._find = partial(interceptor.intercept_service, self._find)  # type: ignore[arg-type]

    @property
    def runs_inline(self) -> bool:
        """Whether a unary-unary handler runs on its caller's thread."""
        return self._executor is None

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Iterable[GenericHandler]) -> None:
        self._generic.extend(generic_rpc_handlers)

    def add_registered_method_handlers(self, service_name: str, method_handlers: Mapping[str, Handler]) -> None:
        for method, handler in method_handlers.items():
            self._registered[f"/{service_name}/{method}"] = handler

    def add_insecure_port(self, address: str) -> int:
        """Raises:
        NotImplementedError: an in-process server has a name and no port.
        """
        raise NotImplementedError("an in-process server has a name and no port")

    def add_secure_port(self, address: str, server_credentials: grpc.ServerCredentials) -> int:
        """Raises:
        NotImplementedError: an in-process server has a name and no port.
        """
        raise NotImplementedError("an in-process server has a name and no port")

    def start(self) -> None:
        """Claims the name and serves.

        Raises:
            ConfigInvalid: another server has the name.
            ValueError: the server was started before.
        """
        # A server is started once, as gRPC's is: after a stop its name may be another's.
        if self._serving or self._stopped.is_set():
            raise ValueError("Cannot start already-started server!")
        registry.claim(self.name, self)
        self._serving = True

    def stop(self, grace: float | None = None) -> threading.Event:
        """Takes no further calls and frees the name; open calls may end by themselves for ``grace`` seconds.

        Returns:
            An event that is set when no call is open.
        """
        if self._serving:
            self._serving = False
            registry.release(self.name)
        self._note_if_stopped()
        if not grace:
            self._cancel_open()
        elif not self._stopped.is_set():
            timer.at(time.monotonic() + grace, self._cancel_open)
        return self._stopped

    def wait_for_termination(self, timeout: float | None = None) -> bool:
        """Waits until no call is open after a ``stop()``; True when ``timeout`` seconds were not enough."""
        return not self._stopped.wait(timeout)

    def admit(self, exchange: Exchange) -> bool:
        """Takes on a call; False, and the call ended, when the server is stopping."""
        exchange.peer = self._address
        exchange.entrust(self._forget)
        # Before it is looked whether the server still serves: a stop in between finds it among the open calls.
        self._open.add(exchange)
        if not self._serving:
            exchange.end(grpc.StatusCode.UNAVAILABLE, details=f"{self._address} is stopping")
        return self._serving

    def answer_inline(self, exchange: Exchange, body: bytes) -> bytes | None:
        """Answers a unary-unary call on this thread, in a context that inherits no variable of the caller."""
        # An empty context: over TCP a servicer sees nothing of its caller's either, such as an open transaction.
        return Context().run(self._answer, exchange, body)

    def serve_elsewhere(self, exchange: Exchange) -> None:
        """Serves a call of any kind on the executor, or on a thread of its own; pipes must be open."""
        # Likewise.
        run = partial(Context().run, self._serve, exchange)
        if self._executor is None:
            threading.Thread(target=run, name=f"inprocess-{self.name}", daemon=True).start()
            return
        try:
            self._executor.submit(run)
        except RuntimeError:  # the executor was shut down before the server
            exchange.end(grpc.StatusCode.UNAVAILABLE, details=f"{self._address} is stopping")

    def _answer(self, exchange: Exchange, body: bytes) -> bytes | None:
        handler = self._handler_for(exchange)
        if handler is None:
            return None
        if handler.unary_unary is None:
            exchange.end(grpc.StatusCode.UNIMPLEMENTED, details="The method is not unary-unary")
            return None
        return answer(exchange, handler, body)

    def _serve(self, exchange: Exchange) -> None:
        handler = self._handler_for(exchange)
        if handler is not None:
            serve(exchange, handler)

    def _handler_for(self, exchange: Exchange) -> Handler | None:
        try:
            handler = self._find(CallDetails(exchange.method, exchange.metadata))
        except Exception:
            _logger.exception("Exception servicing handler")
            exchange.end(grpc.StatusCode.UNKNOWN, details="Error in service handler!")
            return None
        if handler is None:
            exchange.end(grpc.StatusCode.UNIMPLEMENTED, details="Method not found!")
        return handler

    def _lookup(self, details: CallDetails) -> Handler | None:
        handler = self._registered.get(details.method)
        if handler is not None:
            return handler
        # Registered ones first, as gRPC has it; generic ones are asked in the order in which they were added.
        return next((found for each in self._generic if (found := each.service(details)) is not None), None)

    def _forget(self, exchange: Exchange) -> None:
        self._open.discard(exchange)
        if not self._serving:
            self._note_if_stopped()

    def _note_if_stopped(self) -> None:
        """Whoever comes last of ``stop()`` and the open calls sees both conditions met: the event is never missed."""
        if not self._open:
            self._stopped.set()

    def _cancel_open(self) -> None:
        for exchange in tuple(self._open):
            exchange.end(grpc.StatusCode.UNAVAILABLE, details=f"{self._address} stopped")
