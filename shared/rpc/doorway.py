"""Where calls over TCP wait until it is known who makes them, and what for: no thread waits with them.

Owns what gRPC's server leaves to its threads: without this, a worker is taken by the headers of a call and held until
its message comes, so that a few idle streams of strangers stop a silo. Here a call waits as an entry in a table until
its message is there. Then it is judged, on the thread that read it, and goes to the workers if it is let in; a refusal,
health and reflection have small pools of their own. So nothing that a stranger sends takes what a peer's call needs.

It stands in for the pool of threads of ``grpc.server``, and knows of its inside (``grpc._server``) what that submits
and how a message is received. The contract suite runs on it, so that another gRPC that differs there fails its tests.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from functools import partial
from typing import Any, NamedTuple, Protocol

import structlog
from grpc import _server as inside
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # it is compiled
from typing_extensions import override

from shared.rpc.turns import Turns

log = structlog.get_logger(__name__)

MAX_WAITING = 4_096
"""Calls that may wait for their message; with one more, the one that has waited longest is ended."""
MESSAGE_SECONDS = 10.0
"""How long a call may wait for its message."""
MAX_QUEUED_BY_STRANGERS = 256
"""Refusals and questions of strangers that may wait for the threads that answer them; a further call is ended."""
_STRANGERS_THREADS = 2
_SWEEP_SECONDS = 1.0
_NO_FLAGS = 0


class Room(Enum):
    """Where a call goes from the doorway."""

    WORKERS = "workers"
    """It is let in."""
    PORCH = "porch"
    """It is refused, or asks for health."""
    LIBRARY = "library"
    """It asks for reflection, whose streams hold a thread."""


class Way(NamedTuple):
    """Where a call goes, and who makes it."""

    room: Room
    peer: str = ""
    """Empty for whoever is not let in to the workers."""


class Behavior(Protocol):
    """What serves the calls of one method, as the interceptor made it."""

    takes_one: bool
    """Whether a call has exactly one message."""

    def judge(self, metadata: Any, body: bytes) -> Way:
        """Where a call goes; whatever else was learned is kept in the context variables of the call.

        Args:
            metadata: of the call.
            body: its message; empty for a stream of messages.
        """
        ...


class Doorway(ThreadPoolExecutor):
    """A pool of workers that calls enter once they may."""

    def __init__(self, max_workers: int, *, name: str, max_calls: int) -> None:
        """Args:
        max_workers: handlers that run at a time.
        name: of the silo, for the names of threads.
        max_calls: calls that may be with the workers, waiting for one or served; a further one is refused.
        """
        super().__init__(max_workers, thread_name_prefix=f"rpc-{name}")
        # Apart from each other too: reflection's streams would keep health from being answered.
        self._porch = ThreadPoolExecutor(_STRANGERS_THREADS, thread_name_prefix=f"rpc-{name}-porch")
        self._library = ThreadPoolExecutor(_STRANGERS_THREADS, thread_name_prefix=f"rpc-{name}-library")
        self._turns = Turns(max_workers, max_calls=max_calls)
        self._queued = {Room.PORCH: 0, Room.LIBRARY: 0}
        self._lock = threading.Lock()
        self._waiting: OrderedDict[int, tuple[float, Any]] = OrderedDict()
        """By identity of the call: until when it may wait, and the call."""
        self._closing = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep, name=f"rpc-{name}-doorway", daemon=True)
        self._sweeper.start()

    @override
    def submit(self, fn: Callable[..., Any], /, *args: Any, **named: Any) -> "Future[Any]":
        """Takes what gRPC's server submits for a call: ``run, in_pool, event, state, behavior, argument, …``."""
        # By position, as `grpc._server` submits them; the contract suite fails where another release does otherwise.
        in_pool, event, state, behavior, argument, *more = args
        entry = _Entry(fn, in_pool, event, state, behavior, more)
        # A stream has no message to wait for: it is let in by its headers, and bounded by time.
        if behavior.takes_one:
            self._wait_for_message(entry)
        else:
            self._let_in(entry, b"", argument)
        return entry.served

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._closing.set()
        self._turns.close()
        for pool in (self._porch, self._library):
            # Strangers' calls are not waited for: the server's grace is for those who were let in.
            pool.shutdown(wait=False, cancel_futures=True)
        super().shutdown(wait=wait, cancel_futures=cancel_futures)

    def __len__(self) -> int:
        """How many calls wait for their message."""
        return len(self._waiting)

    def _wait_for_message(self, entry: "_Entry") -> None:
        """Asks for the message. The caller holds the call's lock, and whoever reads from the network calls back."""
        state, call = entry.state, entry.event.call
        # gRPC's own, which keeps the message where its handlers look for it.
        keep = inside._receive_message(state, call, None)

        def arrived(received: Any) -> Any:
            with self._lock:
                self._waiting.pop(id(entry), None)
            # gRPC first: only then the message lies where it is judged.
            result = keep(received)
            try:
                self._judge_message(entry)
            except Exception as exc:  # it runs on the one thread that reads for all calls
                log.exception("rpc.not_judged", exc_info=exc)
                call.cancel(cygrpc.StatusCode.internal, "The call could not be judged.")
            return result

        call.start_server_batch((cygrpc.ReceiveMessageOperation(_NO_FLAGS),), arrived)
        state.due.add(inside._RECEIVE_MESSAGE_TOKEN)
        with self._lock:
            self._waiting[id(entry)] = (time.monotonic() + MESSAGE_SECONDS, call)
            # The one that has waited longest had the most time to say something.
            oldest = self._waiting.popitem(last=False)[1][1] if len(self._waiting) > MAX_WAITING else None
        if oldest is not None:
            # Outside the lock: cancelling may call back into this table.
            oldest.cancel(cygrpc.StatusCode.resource_exhausted, "Too many calls wait for their message.")

    def _judge_message(self, entry: "_Entry") -> None:
        state = entry.state
        with state.condition:
            body, state.request = state.request, None
            # The client has ended its side without a message, and still listens: it is told why.
            if body is None and state.client is inside._CLOSED:
                details = b"The method requires exactly one request message."
                inside._abort(state, entry.event.call, cygrpc.StatusCode.unimplemented, details)
        if body is None:  # the client went away, or never said anything
            entry.served.set_result(None)
        else:
            self._let_in(entry, body, lambda: body)

    def _let_in(self, entry: "_Entry", body: bytes, argument: Callable[[], Any]) -> None:
        # In the call's own context, so that what is learned here is known to whoever serves it.
        way = entry.run(entry.behavior.judge, entry.event.invocation_metadata, body)
        start = partial(self._start, entry, way, argument)
        if not (self._turns.take(way.peer, start) if way.room is Room.WORKERS else self._queue(way.room, start)):
            code, details = cygrpc.StatusCode.resource_exhausted, b"Concurrent RPC limit exceeded!"
            with entry.state.condition:
                inside._abort(entry.state, entry.event.call, code, details)
            entry.served.set_result(None)

    def _start(self, entry: "_Entry", way: Way, argument: Callable[[], Any]) -> None:
        pool = {Room.PORCH: self._porch, Room.LIBRARY: self._library}.get(way.room)
        submit = super().submit if pool is None else pool.submit

        def ended(_: object) -> None:
            self._left(way)
            entry.served.set_result(None)

        try:
            done = submit(entry.run, entry.in_pool, entry.event, entry.state, entry.behavior, argument, *entry.more)
        # Counted out all the same, or the server's stop would wait for a call that never ran.
        except RuntimeError:  # the server has ended meanwhile
            ended(None)
            return
        done.add_done_callback(ended)

    def _queue(self, room: Room, start: Callable[[], None]) -> bool:
        with self._lock:
            is_free = self._queued[room] < MAX_QUEUED_BY_STRANGERS
            # A boolean counts as one or nothing.
            self._queued[room] += is_free
        if is_free:
            start()
        return is_free

    def _left(self, way: Way) -> None:
        if way.room is Room.WORKERS:
            self._turns.leave(way.peer)
            return
        with self._lock:
            self._queued[way.room] -= 1

    def _sweep(self) -> None:
        while not self._closing.wait(_SWEEP_SECONDS):
            for call in self._take_late(time.monotonic()):
                call.cancel(cygrpc.StatusCode.deadline_exceeded, "The message of the call did not come.")

    def _take_late(self, now: float) -> list[Any]:
        """Calls whose message is overdue, which wait no more."""
        late = []
        with self._lock:
            while self._waiting and next(iter(self._waiting.values()))[0] <= now:
                late.append(self._waiting.popitem(last=False)[1][1])
        return late


class _Entry:
    """A call on its way in."""

    __slots__ = ("behavior", "event", "in_pool", "more", "run", "served", "state")

    def __init__(self, run: Any, in_pool: Any, event: Any, state: Any, behavior: Behavior, more: list[Any]) -> None:
        self.run = run
        self.in_pool = in_pool
        self.event = event
        self.state = state
        self.behavior = behavior
        self.more = more
        self.served: Future[Any] = Future()
        """Ends with the call, for gRPC's server to count."""
