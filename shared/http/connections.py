"""Connections of strangers: how many, and how long each may take to say something.

A silent connection, half a request and a body that drips all hold a descriptor, and a process has few. So whoever is
owed something by a client waits for a while only, and whoever is new takes the place of whoever has kept the silo
waiting longest. Owns these limits. Refuses to know what is asked: uvicorn does the speaking.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from shared.descriptors import share_of_descriptors
from shared.http.client_address import NO_PROXIES, Proxies

HEAD_SECONDS = 10.0
"""How long a request's head may take, from its first byte or from the beginning of the connection."""
PIECE_SECONDS = 20.0
"""How long each piece of a body may take, when somebody wants to read it: longer than its reader waits, so that the
reader can say so first."""
PIECE_BYTES = 65_536
"""How much a piece is: slower than 3 KiB a second is no client but a burden."""
READ_SECONDS = 30.0
"""How long a client may read nothing of an answer that waits for it."""
MAX_CONNECTIONS = 2_000
"""Connections of all clients, and less where the process may not open twice as many files."""
MAX_ADDRESS_CONNECTIONS = 500
"""Connections of one address; a silo that forwards to this one is an address, and keeps less than half of them."""

_OWED = (h11.IDLE, h11.SEND_BODY)
"""What a client's side is in while it has not said all that it began, or nothing."""


@dataclass(frozen=True)
class Patience:
    """How long a client may keep a silo waiting."""

    head_seconds: float = HEAD_SECONDS
    piece_seconds: float = PIECE_SECONDS
    read_seconds: float = READ_SECONDS


class Connections:
    """The open connections of one server, who was answered last at the end. For use in its event loop alone."""

    def __init__(
        self,
        *,
        maximum: int = MAX_CONNECTIONS,
        address_maximum: int = MAX_ADDRESS_CONNECTIONS,
        proxies: Proxies = NO_PROXIES,
    ) -> None:
        """Args:
        maximum: connections at a time.
        address_maximum: those of one address.
        proxies: whose addresses stand for many clients, and are not held to that.
        """
        self._proxies = proxies
        # Half of the descriptors is left to databases, gRPC, and calls to apps and other silos.
        self._maximum = share_of_descriptors(2, at_most=maximum)
        self._address_maximum = min(address_maximum, self._maximum)
        self._open: _Queue = OrderedDict()
        self._by_address: dict[str, _Queue] = {}

    def admit(self, connection: "BoundedProtocol", address: str) -> bool:
        """Whether there is a place, if need be that of another which has kept its silo waiting."""
        # First of all within the address: who opens many connections pays with their own.
        its = self._by_address.setdefault(address, OrderedDict())
        is_one = not self._proxies.include(address)
        # The address before the whole: a crowd of one address never costs another its place.
        if is_one and len(its) >= self._address_maximum and not self._end_one(its):
            return False
        if len(self._open) >= self._maximum and not self._end_one(self._open):
            return False
        # Asked for anew: ending the last one of the address has forgotten it.
        self._by_address.setdefault(address, OrderedDict())[connection] = address
        # At the end: whoever comes newly is the last to give way.
        self._open[connection] = address
        return True

    def answered(self, connection: "BoundedProtocol") -> None:
        """Whoever was just answered keeps nobody waiting: all others give up their places before them."""
        address = self._open.get(connection)
        if address is not None:
            # In both queues: whoever waits longest is the first in each.
            self._open.move_to_end(connection)
            self._by_address[address].move_to_end(connection)

    def forget(self, connection: "BoundedProtocol") -> None:
        """The connection is over."""
        address = self._open.pop(connection, None)
        if address is not None:
            del self._by_address[address][connection]
            if not self._by_address[address]:
                del self._by_address[address]

    def _end_one(self, queue: "_Queue") -> bool:
        """Ends the first connection of the queue that waits for its client; False when there is none."""
        for connection in queue:
            if connection.waits_for_client:
                connection.end()
                self.forget(connection)
                return True
        return False


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 on one connection, which ends when the client keeps it waiting."""

    bounds: ClassVar[Connections]
    """All those of the server."""
    patience: ClassVar[Patience]

    _deadline: asyncio.TimerHandle | None = None
    """When the client has to have said more."""
    _read_deadline: asyncio.TimerHandle | None = None
    """When it has to have read more."""
    _awaited: object = None
    """What was awaited at the last look: a head, or a body."""
    _taken = 0
    """Bytes since the deadline was set."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.bounds.admit(self, self.client[0] if self.client else ""):
            self._await_client(0)
        else:
            self.end()

    def connection_lost(self, exc: Exception | None) -> None:
        self.bounds.forget(self)
        self._stop_waiting()
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # First, since h11's state afterwards says what is awaited now.
        super().data_received(data)
        self._await_client(len(data))

    def pause_writing(self) -> None:
        super().pause_writing()
        # Set once: a client that reads a byte now and then does not get the time anew.
        self._read_deadline = self._read_deadline or self.loop.call_later(self.patience.read_seconds, self.end)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_watching()

    def on_response_complete(self) -> None:
        self.bounds.answered(self)
        super().on_response_complete()

    @property
    def waits_for_client(self) -> bool:
        """Whether there is nothing to do here before the client says more."""
        return self.conn.their_state in _OWED and not self.flow.read_paused

    def end(self) -> None:
        """Ends the connection at once; whoever answers on it learns that the client is gone."""
        # Aborted, not closed: closing waits until what is written was read, which a client may put off for ever.
        self.transport.abort()

    def _await_client(self, taken: int) -> None:
        """Gives the client its time anew if it has begun something else, or sent a piece of a body."""
        awaited = self.conn.their_state
        self._taken += taken
        # A byte is no progress: only another part, or a whole piece of a body, earns more time.
        if awaited is not self._awaited or (awaited is h11.SEND_BODY and self._taken >= PIECE_BYTES):
            self._awaited, self._taken = awaited, 0
            self._stop_waiting()
        if awaited in _OWED and not self._deadline:
            seconds = self.patience.head_seconds if awaited is h11.IDLE else self.patience.piece_seconds
            self._deadline = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self._deadline = None
        if self.waits_for_client:
            self.end()
        else:
            self._awaited = None  # the body is not being read, and that is not the client's fault
            self._await_client(0)

    def _stop_waiting(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _stop_watching(self) -> None:
        if self._read_deadline:
            self._read_deadline.cancel()
            self._read_deadline = None


_Queue: TypeAlias = "OrderedDict[BoundedProtocol, str]"
"""Connections and their addresses."""


def bounded(connections: Connections, patience: Patience) -> type[BoundedProtocol]:
    """What uvicorn makes an instance of for each connection of one server."""
    return type("BoundedProtocol", (BoundedProtocol,), {"bounds": connections, "patience": patience})
