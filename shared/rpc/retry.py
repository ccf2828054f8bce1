"""When a failed call is made again.

Owns the rule: only a method whose contract says ``idempotency_level``, only after UNAVAILABLE, at most three attempts,
with a full-jitter pause between them, within the deadline and within a budget that keeps retries a small share of all
calls of a channel. Refuses to know how an attempt is made. Why this is not gRPC's own: docs/adr/0002.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from google.protobuf import descriptor_pb2, descriptor_pool

from shared import errors

Answer = TypeVar("Answer")

_MONOTONIC = frozenset({"/hybridcloud.replication.v1.ReplicaService/ApplyChanges"})
"""Methods that change something and never take it back: a version that is not newer is none."""


@dataclass(frozen=True)
class RetryPolicy:
    """How a channel retries."""

    max_attempts: int = 3
    """Attempts per call, the first included; 1 turns retries off."""
    first_pause_seconds: float = 0.05
    """Upper bound of the first pause; it doubles with each attempt."""
    max_pause_seconds: float = 1.0
    """Upper bound of every pause."""
    budget_tokens: float = 10.0
    """A failure takes one token, a success returns a tenth; below half of this no call is retried."""
    pause: Callable[[float], object] | None = None
    """Waits that many seconds; a simulator gives its own. None: real time, cut short when the channel is closed."""
    jitter: Callable[[], float] = random.random
    """The share, 0 to 1, of the upper bound that a pause lasts."""


class Retrier:
    """Retries the calls of one channel; safe to share between threads."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._tokens = policy.budget_tokens
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._pause = policy.pause or self._closed.wait

    def close(self) -> None:
        """Ends pauses at once; nothing is retried any more."""
        self._closed.set()

    def call(self, attempt: Callable[[], Answer], *, deadline: float) -> Answer:
        """The answer of the first attempt that succeeds.

        Args:
            attempt: makes one call; raises a SiloError.
            deadline: ``time.monotonic()`` after which nothing is tried.

        Raises:
            SiloError: what the last attempt raised.
        """
        # Only what says that the silo is away is tried again; any other error was an answer.
        for number in range(1, self._policy.max_attempts + 1):
            try:
                answer = attempt()
            except errors.Unavailable:
                pause = self._pause_after(number)
                # A pause that would end after the deadline is not begun: the caller learns of the failure now.
                if not self._spend() or number == self._policy.max_attempts or time.monotonic() + pause >= deadline:
                    raise
                self._pause(pause)
                # The pause was ended by the channel's end: there is nobody to call any more.
                if self._closed.is_set():
                    raise
            else:
                self._refund()
                return answer
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _pause_after(self, number: int) -> float:
        longest: float = min(self._policy.first_pause_seconds * 2 ** (number - 1), self._policy.max_pause_seconds)
        # Down to nothing: callers that failed together must not all return together.
        return longest * self._policy.jitter()

    def _spend(self) -> bool:
        """Takes a token for a failure; False when retries have become too large a share of the calls."""
        with self._lock:
            # Each failure costs a whole one and each success returns a tenth: of ten calls one may be repeated.
            self._tokens = max(0.0, self._tokens - 1)
            return self._tokens > self._policy.budget_tokens / 2

    def _refund(self) -> None:
        # Read without the lock: nearly every call succeeds with a full budget, and need not queue for it.
        if self._tokens < self._policy.budget_tokens:
            with self._lock:
                self._tokens = min(self._policy.budget_tokens, self._tokens + 0.1)


@lru_cache(maxsize=1024)
def is_idempotent(method: str) -> bool:
    """Whether the contract marks the method as safe to repeat; False for a method that no loaded contract knows.

    Args:
        method: ``/package.Service/Method``.
    """
    # A method that says nothing is taken for one that must not be repeated.
    return _idempotency(method) != descriptor_pb2.MethodOptions.IDEMPOTENCY_UNKNOWN


@lru_cache(maxsize=1024)
def takes_nothing_back(method: str) -> bool:
    """Whether a call of the method may be served once more at any time: it undoes nothing that was done meanwhile.

    To be idempotent is less: a name that is given again is the same at once, and undoes a newer one a moment later.

    Args:
        method: ``/package.Service/Method``.
    """
    return method in _MONOTONIC or _idempotency(method) == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS


def _idempotency(method: str) -> int:
    try:
        descriptor = descriptor_pool.Default().FindMethodByName(method.lstrip("/").replace("/", "."))
    # A contract that was not loaded here may say anything: it is not repeated.
    except KeyError:
        return descriptor_pb2.MethodOptions.IDEMPOTENCY_UNKNOWN
    return int(descriptor.GetOptions().idempotency_level)
