"""A process whose worker claims what is due for ``us`` and never hears from there; for tests that kill it.

Says ``claimed`` on standard output when the call is under way.
"""

import sys
import threading
from collections.abc import Sequence

from shared.clock import SystemClock
from shared.database.connect import connect
from shared.outbox.message import Claim, Rejection
from shared.outbox.worker import Worker


class Hanging:
    """A destination that never answers."""

    def deliver(self, claims: Sequence[Claim]) -> list[Rejection | None]:
        print("claimed", flush=True)
        threading.Event().wait()
        return []

    def is_serving(self) -> bool:
        return True


if __name__ == "__main__":
    Worker(
        connect(sys.argv[1]),
        clock=SystemClock(),
        list_destinations=lambda: ["us"],
        open_destination=lambda name: Hanging(),
    ).start()
    threading.Event().wait()
