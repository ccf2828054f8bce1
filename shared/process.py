"""How a silo's process runs and ends: its log, signals, exit codes, one clear line for what is wrong."""

import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import FrameType
from typing import NoReturn, Protocol

import structlog

from shared.errors import ConfigInvalid, SiloError

log = structlog.get_logger(__name__)

EXIT_REFUSED = 1
"""The system said no."""
EXIT_MISUSED = 2
"""Wrong use: configuration, options, a port in use."""


STOP_SECONDS = 4.5
"""How long a process may take to stop once it is told to. What hangs then is left: nothing that was acknowledged is
lost with it, and claims come free by themselves."""


TELL_SECONDS = 0.3
"""How long the log may take to take that."""


class Runnable(Protocol):
    """A silo or a worker, wired and not yet started."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


SWITCH_SECONDS = 0.0005
"""How long one thread may keep the interpreter while others wait."""


def prefer_latency() -> None:
    """Hands the interpreter over sooner than Python's 5 ms, which a delivery would otherwise wait after each reply."""
    sys.setswitchinterval(SWITCH_SECONDS)


def spare_collector() -> None:
    """Takes all that there is now for what lives as long as the process, which Python looks through no more.

    Else it does so after every few batches, and spends a fifth of a delivery on it.
    """
    gc.collect()
    gc.freeze()


def configure_logging(*, level: int = logging.INFO) -> None:
    """Has this process log one JSON object a line, on standard error. Secrets are never passed to a logger."""
    # The libraries' own loggers: what they say beside warnings is noise.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s", force=True)
    structlog.configure(
        processors=[
            # What a request is known by, which whoever logs inside it does not have to repeat.
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def run_until_stopped(build: Callable[["Stop"], Runnable]) -> None:
    """Builds, starts, waits for SIGINT, SIGTERM or ``Stop``, and stops; exits with 1 or 2 and one line when it cannot.

    Args:
        build: makes the runnable; is given the means to end the process from inside.
    """
    prefer_latency()
    stop = Stop()
    # A daemon, else it would itself keep a process alive that has ended in time.
    threading.Thread(target=_end_in_time, args=(stop, STOP_SECONDS), name="stopping", daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Before anything is built: a signal that comes meanwhile ends the process once it has started.
        signal.signal(number, stop.on_signal)
    try:
        runnable = build(stop)
        # Stopped also when it could not start: what was begun of it holds ports and threads.
        try:
            runnable.start()
            spare_collector()
            stop.wait()
        finally:
            stop.ending()
            runnable.stop()
    except SiloError as exc:
        leave(exc)
    if stop.error:
        leave(stop.error)


def _end_in_time(stop: "Stop", seconds: float) -> None:
    """Ends the process some time after it was told to, whatever hangs: its start, its stop, or a thread at its exit."""
    stop.wait_until_ending()
    threading.Event().wait(seconds)
    # In a thread of its own: whoever should read the log may hang as well.
    telling = threading.Thread(target=_tell_of_hanging, name="stopping-hung", daemon=True)
    telling.start()
    telling.join(TELL_SECONDS)
    # Not `sys.exit`, which waits for threads, of which one hangs; and 0, as the end was asked for.
    os._exit(0)


def _tell_of_hanging() -> None:
    log.warning("process.stopping_hung", seconds=STOP_SECONDS)
    sys.stderr.flush()


class Together:
    """What is stopped side by side, so that stopping lasts as long as the slowest of it and not as their sum."""

    def __init__(self) -> None:
        self._stops: list[Callable[[], object]] = []

    def add(self, stop: Callable[[], object]) -> None:
        self._stops.append(stop)

    def stop(self) -> None:
        threads = [threading.Thread(target=stop, name="stop") for stop in self._stops]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def leave(error: SiloError) -> NoReturn:
    """Prints the error's sentence and ends the process."""
    # In words, and no traceback: whoever started the process can do something about it.
    print(error.message, file=sys.stderr)  # noqa: T201
    sys.exit(EXIT_MISUSED if isinstance(error, ConfigInvalid) else EXIT_REFUSED)


class Stop:
    """The end of a process, asked for from outside or from inside."""

    def __init__(self) -> None:
        # Unlike an event's, these locks may be asked for by a signal that interrupts whoever holds them.
        self._asked: SimpleQueue[None] = SimpleQueue()
        self._is_ending: SimpleQueue[None] = SimpleQueue()
        self.error: SiloError | None = None

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        self.ending()
        self._asked.put(None)

    def because(self, error: SiloError) -> None:
        """Ends the process with an error."""
        self.error = error
        self.ending()
        self._asked.put(None)

    def ending(self) -> None:
        """From now on the process has ``STOP_SECONDS`` left, whether or not it has started."""
        self._is_ending.put(None)

    def wait(self) -> None:
        """Returns when the end was asked for."""
        self._asked.get()

    def wait_until_ending(self) -> None:
        """Returns when ``ending`` was said."""
        self._is_ending.get()
