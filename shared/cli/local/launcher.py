"""Becomes another module of this Python, having arranged to die with the process that started it.

``python -m shared.cli.local.launcher PARENT MODULE [ARGUMENT…]``. Owns that one arrangement: on Linux the kernel kills
the process when its parent is gone, even by ``kill -9``; elsewhere there is no such promise. It runs in the child, and
not between fork and exec, where Python code is not safe once the parent has threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Never returns."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(parent):  # gone before the arrangement was made
            sys.exit(1)
    os.execv(sys.executable, [sys.executable, "-P", "-m", *command])  # noqa: S606  # no shell is what is wanted


if __name__ == "__main__":
    main()
