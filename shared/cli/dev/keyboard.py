"""Single keys of a terminal, while lines are printed; nothing where there is no terminal."""

import contextlib
import select
import sys
import termios
import tty
from collections.abc import Iterator
from threading import Event

_LOOK_SECONDS = 0.2


def keys(stopping: Event) -> Iterator[str]:
    """Each key as it is pressed, until somebody stops."""
    if not sys.stdin.isatty():
        stopping.wait()
        return
    with _unbuffered():
        while not stopping.is_set():
            ready, _, _ = select.select([sys.stdin], [], [], _LOOK_SECONDS)
            if ready:
                yield sys.stdin.read(1)


@contextlib.contextmanager
def _unbuffered() -> Iterator[None]:
    """Keys come one by one and unseen; Ctrl-C is still an interrupt."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
