"""Which in-process servers are served in this process, by name.

Owns the one map that ``inprocess:<name>`` is looked up in. Refuses to know how a server answers.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import grpc

from shared.rpc.address import IN_PROCESS_PREFIX, taken

if TYPE_CHECKING:
    from shared.rpc.inprocess.server import InProcessServer

Listener = Callable[[grpc.ChannelConnectivity], None]


class Registry:
    """Names of running servers. A name is free again as soon as its server stops."""

    def __init__(self) -> None:
        self._servers: dict[str, InProcessServer] = {}
        self._listeners: dict[str, list[Listener]] = {}
        self._changed = threading.Condition()

    def claim(self, name: str, server: "InProcessServer") -> None:
        """Raises:
        ConfigInvalid: another server has the name.
        """
        with self._changed:
            if name in self._servers:
                raise taken(f"{IN_PROCESS_PREFIX}{name}")
            self._servers[name] = server
            self._changed.notify_all()
            listeners = tuple(self._listeners.get(name, ()))
        for listener in listeners:
            listener(grpc.ChannelConnectivity.READY)

    def release(self, name: str) -> None:
        """Frees the name; harmless when it is free."""
        with self._changed:
            self._servers.pop(name, None)
            listeners = tuple(self._listeners.get(name, ()))
        for listener in listeners:
            listener(grpc.ChannelConnectivity.TRANSIENT_FAILURE)

    def find(self, name: str) -> "InProcessServer | None":
        """The server of that name, or None."""
        return self._servers.get(name)

    def wait_for(self, name: str, *, timeout: float | None) -> "InProcessServer | None":
        """The server of that name as soon as there is one; None when ``timeout`` seconds were not enough."""
        with self._changed:
            self._changed.wait_for(lambda: name in self._servers, timeout)
            return self._servers.get(name)

    def listen(self, name: str, listener: Listener) -> None:
        """Calls ``listener`` now and whenever the name is served or ceases to be."""
        with self._changed:
            self._listeners.setdefault(name, []).append(listener)
            served = name in self._servers
        listener(grpc.ChannelConnectivity.READY if served else grpc.ChannelConnectivity.IDLE)

    def unlisten(self, name: str, listener: Listener) -> None:
        """Stops calling ``listener``; harmless when it was not called."""
        with self._changed:
            listeners = self._listeners.get(name, [])
            if listener in listeners:
                listeners.remove(listener)
            if not listeners:
                self._listeners.pop(name, None)


registry = Registry()
"""The registry of this process."""
