"""What control's reads have in common. Owns the order: check, wait for replicas, read."""

import contextlib
from collections.abc import Iterator

from google.protobuf.message import Message

from control_silo.services.control import Control
from shared.app_service.request import check_call
from shared.asking.ask import UNLOGGED, Asking
from shared.consistency import required
from shared.errors import ReplicaBehind
from shared.freshness import ReplicaFreshness


class ControlCalls:
    """Calls that control answers from its own tables."""

    def __init__(self, control: Control, freshness: ReplicaFreshness) -> None:
        self.control = control
        self.asking = Asking(control.outgoing, UNLOGGED, control.clock)
        self._freshness = freshness

    @contextlib.contextmanager
    def reading(self, request: Message) -> Iterator[None]:
        """A snapshot to answer a request from, once the request is known to be complete.

        Raises:
            InvalidInput: the request is not complete.
            ReplicaBehind: the reader has seen an organization that has not arrived here.
        """
        check_call(request)
        if not self._freshness.wait(required()):
            raise ReplicaBehind
        with self.control.database.snapshot():
            yield
