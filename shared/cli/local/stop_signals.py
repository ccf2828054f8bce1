"""Ctrl-C, SIGTERM and a closed terminal, as one exception. Owns the handlers while a platform runs."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def raising_on_stop() -> Iterator[None]:
    """Each of the signals raises KeyboardInterrupt, also where the shell had SIGINT ignored for a background job."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in _STOPPING}
    try:
        yield
    finally:
        _restore(before)


@contextmanager
def ignoring_stop() -> Iterator[None]:
    """None of them interrupts what is inside: an orderly end, which has a deadline of its own."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _STOPPING}
    try:
        yield
    finally:
        _restore(before)


def _restore(handlers: Mapping[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
