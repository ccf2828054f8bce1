"""The threads that answer requests, in pools of their own: one sort of request never waits for another.

What is not in a pool shares the threads that the server has for everything, 40 of them (anyio's). Owns how many run and
how many may wait. Refuses to know what they do.
"""

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

from shared.errors import RateLimited

_P = ParamSpec("_P")
_T = TypeVar("_T")


class ThreadPool:
    """At most so many threads of each server in this process, and a queue that ends."""

    def __init__(self, name: str, *, threads: int, max_waiting: int) -> None:
        """Args:
        name: of what it is for; unique.
        threads: how many may run at a time.
        max_waiting: how many more may wait for a thread; whoever comes then is refused at once.
        """
        self._name = name
        self.threads = threads
        """How many may run at a time."""
        self.max_waiting = max_waiting
        # A limiter belongs to one event loop, and silos of one process have one each.
        self._limiter: RunVar[CapacityLimiter] = RunVar(f"silo.threads.{name}")

    async def run(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """What the function answers, run in a thread of the pool.

        Raises:
            RateLimited: too many wait already.
        """
        limiter = self._limiter.get(None)
        if limiter is None:
            limiter = CapacityLimiter(self.threads)
            self._limiter.set(limiter)
        # A queue that grows only makes everybody wait longer: whoever comes late learns it at once.
        if limiter.statistics().tasks_waiting >= self.max_waiting:
            raise RateLimited("Too many of these requests wait already.")
        # Abandoned when the client goes: the thread ends by itself, and its answer is nobody's.
        return await to_thread.run_sync(partial(function, *args, **kwargs), abandon_on_cancel=True, limiter=limiter)
