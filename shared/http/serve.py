"""Runs an ASGI application beside a silo's gRPC server. Owns one uvicorn in a thread; not the application."""

import logging
import socket
import threading
from typing import Any

import uvicorn

from shared.errors import ConfigInvalid
from shared.http.connections import Connections, Patience, bounded
from shared.repetition import OnceInAWhile

BACKLOG = 512
"""Connections that may wait to be accepted, in the kernel."""
ACCEPTED_AT_ONCE = 16
"""Connections that are accepted before they are looked at, each with a descriptor: asyncio would accept as many as may
wait, and run out of descriptors before anybody could be sent away."""
SHUTDOWN_SECONDS = 2
"""How long open requests may end by themselves when the server stops."""
PATIENT = Patience()
_START_SECONDS = 30.0
_TICK_SECONDS = 0.01


class HttpServer:
    """A listening server; made by binding, so that a port in use is known at once."""

    def __init__(
        self, app: Any, *, listen: str, connections: Connections | None = None, patience: Patience = PATIENT
    ) -> None:
        """Binds.

        Args:
            app: an ASGI application.
            listen: ``host:port``; port 0 picks a free one.
            connections: how many there may be; None for the usual number.
            patience: how long a client may keep the server waiting.

        Raises:
            ConfigInvalid: the address cannot be listened on.
        """
        # Bound here and not by uvicorn, which would end the process if the port were in use.
        self._socket = _bind(listen)
        host, port = self._socket.getsockname()[:2]
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        """What was bound."""
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=bounded(connections or Connections(), patience),
                backlog=ACCEPTED_AT_ONCE,
                lifespan="auto",
                # The process has configured its log; uvicorn would put another form beside it.
                log_config=None,
                access_log=False,
                # What it runs on is nobody's business.
                server_header=False,
                date_header=False,
                # Anybody can send a proxy's headers; the operator's word counts instead (``PublicAddress``).
                proxy_headers=False,
                ws="none",
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )
        self._thread = threading.Thread(target=self._run, name=f"http-{port}", daemon=True)

    def start(self) -> None:
        """Returns once requests are accepted.

        Raises:
            ConfigInvalid: the server did not start.
        """
        _quieten()
        self._thread.start()
        # uvicorn tells nobody that it has started, so it is looked at.
        waited = threading.Event()
        for _ in range(int(_START_SECONDS / _TICK_SECONDS)):
            if self._server.started:
                self._socket.listen(BACKLOG)  # asyncio had the kernel keep no more than it accepts at once
                return
            if not self._thread.is_alive():
                break
            waited.wait(_TICK_SECONDS)
        raise ConfigInvalid(f"The HTTP server on {self.address} did not start.")

    def stop(self) -> None:
        """Takes no further requests and returns when the open ones have ended. Idempotent."""
        self._server.should_exit = True
        if self._thread.is_alive():
            # A little longer than uvicorn gives open requests; its thread is a daemon, should it hang.
            self._thread.join(SHUTDOWN_SECONDS + 1)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def _quieten() -> None:
    """Lets the libraries that strangers can make speak say each sentence once in a while."""
    for name in ("uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        if not any(isinstance(each, OnceInAWhile) for each in logger.filters):
            logger.addFilter(OnceInAWhile())


def _bind(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, because asyncio turns Nagle's algorithm off only for sockets that say they are TCP;
    # otherwise every answer in two writes waits 40 ms for the client's delayed acknowledgement.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, int(port)))
        sock.listen(BACKLOG)
    except (OSError, OverflowError, ValueError) as exc:
        sock.close()
        raise ConfigInvalid(
            f"The address {listen} cannot be listened on; it is in use or malformed.", metadata={"address": listen}
        ) from exc
    return sock
