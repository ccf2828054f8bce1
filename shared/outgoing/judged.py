"""From the host of another silo to its addresses, each of them judged before it is called.

A region says itself where it is, and one that was taken could name any place in the networks of its callers. So what it
says is judged like every other address that somebody outside chose, when it says so and again when it is called, since
a name may lead elsewhere by then. Owns what is remembered of names; refuses to know what is said to whom.
"""

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import ip_address

from cachetools import LRUCache

from shared.errors import SiloUnreachable
from shared.outgoing.reach import PUBLIC, Reach
from shared.outgoing.resolver import Lookup, look_up

REMEMBERED_SECONDS = 5.0
"""How long the addresses of a name are taken for true; then it is looked up again, while they still serve."""
LOOKUP_SECONDS = 2.0
"""How long somebody waits for the first lookup of a name."""
MAX_REMEMBERED = 1_024
MAX_LOOKUPS = 32
"""Lookups under way at a time: each holds a thread, and a name server may hang."""


@dataclass(frozen=True)
class _Known:
    addresses: tuple[str, ...]
    at: float


class JudgedHosts:
    """Hosts of other silos; safe to share between threads."""

    def __init__(self, reach: Reach = PUBLIC, *, lookup: Lookup = look_up) -> None:
        """Args:
        reach: which addresses may be called.
        lookup: from names to addresses; the system's when absent.
        """
        self._reach = reach
        self._lookup = lookup
        # Bounded: names are chosen by whoever registers, and may be new ones each time.
        self._known: LRUCache[tuple[str, int], _Known] = LRUCache(MAX_REMEMBERED)
        self._running: dict[tuple[str, int], Future[tuple[str, ...]]] = {}
        self._lock = threading.Lock()

    def check(self, host: str, port: int) -> None:
        """Judges a place that somebody names; a name without an address is judged once it has one and is called.

        Raises:
            AddressRefused: it may not be called.
        """
        self._reach.check_port(port)
        try:
            found = self._find(host, port)
        # A name server that is away must keep no region from registering: it is judged again when it is called.
        except SiloUnreachable:
            return
        self._judge(found)

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The host's addresses, in the order of preference. May wait for a lookup.

        Raises:
            AddressRefused: it may not be called, by whichever of its addresses.
            SiloUnreachable: it has none, or that is not known in time.
        """
        self._reach.check_port(port)
        found = self._find(host, port)
        self._judge(found)
        return found

    def is_at_hand(self, host: str, port: int) -> bool:
        """Whether ``addresses`` would answer at once."""
        # Whoever runs an event loop asks, and takes a thread for the rest.
        return _is_address(host) or (host, port) in self._known

    def _judge(self, addresses: tuple[str, ...]) -> None:
        for address in addresses:
            self._reach.check_address(address)

    def _find(self, host: str, port: int) -> tuple[str, ...]:
        # Nothing to look up, and so nothing to remember.
        if _is_address(host):
            return (host,)
        key, now = (host, port), time.monotonic()
        with self._lock:
            known = self._known.get(key)
            if known and now - known.at < REMEMBERED_SECONDS:
                return known.addresses
            # One lookup a name, however many ask: a slow name server has one thread of ours.
            running = self._running.get(key) or self._start(key)
        # Older than it should be, and good for now: nobody waits for the new answer but whoever comes first.
        if known:
            return known.addresses
        try:
            return running.result(LOOKUP_SECONDS)
        except (OSError, UnicodeError, TimeoutError) as exc:
            raise SiloUnreachable(f"The host {host} has no address.") from exc

    def _start(self, key: tuple[str, int]) -> Future[tuple[str, ...]]:
        future: Future[tuple[str, ...]] = Future()
        # Said at once: a caller that waited for a place would hold a thread for a name server's sake.
        if len(self._running) >= MAX_LOOKUPS:
            future.set_exception(TimeoutError())
            return future
        self._running[key] = future
        threading.Thread(target=self._run, args=(key, future), name="judged-hosts", daemon=True).start()
        return future

    def _run(self, key: tuple[str, int], future: Future[tuple[str, ...]]) -> None:
        found: tuple[str, ...] = ()
        error: Exception = OSError("no address")
        try:
            found = tuple(self._lookup(*key))
        except (OSError, UnicodeError) as exc:
            error = exc
        with self._lock:
            self._running.pop(key)
            # What was known stays when nothing is found: it was judged, and a name server that is away proves nothing.
            if known := found or getattr(self._known.get(key), "addresses", ()):
                self._known[key] = _Known(known, time.monotonic())
        if found:
            future.set_result(found)
        else:
            future.set_exception(error)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
