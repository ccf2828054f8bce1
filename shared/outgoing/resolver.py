"""From a host to its addresses, without ever blocking the calls to other hosts.

Owns one lookup per host at a time, each on a thread of its own: the system's resolver cannot be interrupted, and a pool
of threads would let a few hosts with slow name servers delay all others. Refuses to know which addresses are fine.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import TypeAlias

Lookup: TypeAlias = Callable[[str, int], list[str]]
"""From host and port to addresses in the order of preference; may block.

Raises:
    OSError: the host has none.
"""


def look_up(host: str, port: int) -> list[str]:
    """The addresses that the system knows for a host; also for one written as a number of any notation.

    Raises:
        OSError: there is none.
        UnicodeError: the host cannot be a name.
    """
    # One kind of socket: else each address comes once for every kind.
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Resolver:
    """Lookups in progress. Belongs to one event loop."""

    def __init__(self, lookup: Lookup = look_up) -> None:
        self._lookup = lookup
        self._running: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    async def addresses(self, host: str, port: int) -> list[str]:
        """Raises:
        OSError, UnicodeError: the host has no address.
        """
        key = (host, port)
        running = self._running.get(key)
        if running is None:
            running = self._running[key] = self._start(host, port)
            # Nothing is remembered: the client connects to what it judged a moment ago.
            running.add_done_callback(lambda _: self._running.pop(key, None))
        # Shielded: whoever stops waiting does not stop the lookup for the others.
        return await asyncio.shield(running)

    def _start(self, host: str, port: int) -> "asyncio.Future[list[str]]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[str]] = loop.create_future()
        # Else asyncio complains of an error that nobody looked at.
        future.add_done_callback(_retrieve)

        def run() -> None:
            try:
                result, error = self._lookup(host, port), None
            except (OSError, UnicodeError) as exc:
                result, error = [], exc
            try:
                # A future of asyncio may be touched on its own loop's thread alone.
                loop.call_soon_threadsafe(_settle, future, result, error)
            except RuntimeError:
                return  # the loop was closed meanwhile, so that nobody waits

        # A daemon: a lookup that hangs must not keep the process from ending.
        threading.Thread(target=run, name="resolver", daemon=True).start()
        return future


def _settle(future: "asyncio.Future[list[str]]", result: list[str], error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _retrieve(future: "asyncio.Future[list[str]]") -> None:
    """Marks an error as seen: those who waited may all have given up."""
    if not future.cancelled():
        future.exception()
