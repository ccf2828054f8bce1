"""How this region asks control: one way, so that a control that hangs or refuses us takes nothing else along.

Owns the deadline, how many calls may wait for control at a time, that none tries while control is known to be away, and
what a fault between the silos is called. When to try again is ``shared.circuit``'s.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from google.protobuf.message import Message

from shared.app_service.request import check_request
from shared.circuit import Circuit
from shared.consistency import TOKEN_NAME, encode, required
from shared.domain.peer import CONTROL, silo_away
from shared.errors import (
    DeadlineExceeded,
    Internal,
    RpcInsideTransaction,
    SiloError,
    Unauthenticated,
)
from shared.pb.hybridcloud.apps.v1 import app_service_pb2_grpc
from shared.pb.hybridcloud.operations.v1 import topology_service_pb2_grpc
from shared.pb.hybridcloud.users.v1 import identity_service_pb2_grpc, member_service_pb2_grpc
from shared.rpc.aliases import Channel
from shared.rpc.served import add_trailer, remaining_seconds
from shared.rpc.server import DEFAULT_MAX_WORKERS

ASK_SECONDS = 2.0
"""How long control may take to answer a question; the caller's own deadline may be sooner."""
MAX_WAITING = DEFAULT_MAX_WORKERS // 2
"""Calls that may wait for control at a time: fewer than the workers that one peer may have (``shared.rpc.turns``), so
that it is answered from replicas meanwhile."""
PLACE_SECONDS = 0.1
"""How long a call waits for its turn when as many as may wait for control do: a control that works frees one sooner."""
PATIENCE_SECONDS = 1.0
"""A caller that allows less time than this proves nothing about control when it runs out."""

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)

if TYPE_CHECKING:
    from shared.rpc.aliases import Method


class ControlClient:
    """Asks control; safe to share between threads. Makes calls, so never inside a session or transaction."""

    def __init__(self, channel: Channel, circuit: Circuit, *, max_waiting: int = MAX_WAITING) -> None:
        """Args:
        channel: to control.
        circuit: says when control may be tried; the same for all that ask in a process.
        max_waiting: calls that may wait for control at a time.
        """
        self.channel = channel
        self.apps = app_service_pb2_grpc.AppServiceStub(channel)
        self.identities = identity_service_pb2_grpc.IdentityServiceStub(channel)
        self.members = member_service_pb2_grpc.MemberServiceStub(channel)
        # One channel for all of them: control is here or away for every service at once.
        self.topology = topology_service_pb2_grpc.TopologyServiceStub(channel)
        self._circuit = circuit
        self._places = threading.BoundedSemaphore(max_waiting)

    def limited(self, max_waiting: int) -> "ControlClient":
        """The same way to control, for another server: of its threads so many may wait for control at a time.

        They are fewer than it has, so that the others always answer from replicas, whatever the other server does.
        """
        # The circuit is shared: what one server learns of control the other need not find out.
        return ControlClient(self.channel, self._circuit, max_waiting=max_waiting)

    def close(self) -> None:
        """Ends every open call. Idempotent."""
        self.channel.close()

    def ask(self, method: "Method[Request, Response]", request: Request) -> Response:
        """Control's answer to a question of this region's own.

        The client has no part in the question, so whatever control says but an answer is a fault between the silos:
        unsigned, not allowed, not understood. It is never said to be the client's.

        Args:
            method: of one of this client's stubs.
            request: what is asked.

        Raises:
            InvalidInput: the client named something that no question can be about.
            SiloUnreachable: there is no answer, for whatever reason.
        """
        check_request(request)
        try:
            with self._reaching(tells_silence=True):
                return method(request, timeout=ASK_SECONDS)
        except RpcInsideTransaction:  # a fault in this code, and no news of control
            raise
        except SiloError as exc:
            raise silo_away(CONTROL) from exc

    def tell(self, method: "Method[Request, Response]", request: Request) -> Response:
        """Control's answer to what this region says of itself.

        Nobody waits, so it is tried at any time, and others learn from how it went whether control is there. Each
        refusal means something to whoever runs the region.

        Raises:
            SiloError: as control or the transport says it.
        """
        with self._judged(tells_silence=True):
            return method(request, timeout=ASK_SECONDS)

    def forward(
        self, method: "Method[Request, Response]", request: Request, *, may_take_long: bool = False
    ) -> Response:
        """Control's answer to a caller's own request, of which the reader's consistency tokens are a part, both ways.

        Args:
            method: of one of this client's stubs.
            request: as the caller sent it.
            may_take_long: whether the caller's deadline is the only one: for writes, and where control asks an app.

        Raises:
            InvalidInput: the request is not complete.
            SiloError: control refuses it.
            SiloUnreachable: control is away, refuses this silo, or fails.
            DeadlineExceeded: the caller's time ran out, for what may take long.
        """
        check_request(request)
        # What the reader has seen goes along, since control too may be asked of a process that is not the writer's.
        seen = required()
        metadata = ((TOKEN_NAME, encode(seen)),) if seen else None
        # None means the caller's own deadline, which the channel passes on.
        timeout = None if may_take_long else ASK_SECONDS
        try:
            with self._reaching(tells_silence=not may_take_long):
                response, call = method.with_call(request, timeout=timeout, metadata=metadata)
        except RpcInsideTransaction:
            raise
        except (Unauthenticated, Internal) as exc:
            raise silo_away(CONTROL) from exc
        except DeadlineExceeded as exc:
            if may_take_long:
                raise
            raise silo_away(CONTROL) from exc
        # The caller shall see its own write wherever it asks next, so that control's token goes on to it.
        for key, value in call.trailing_metadata() or ():
            if key == TOKEN_NAME and isinstance(value, str):
                add_trailer(key, value)
        return response

    @contextlib.contextmanager
    def _reaching(self, *, tells_silence: bool) -> Iterator[None]:
        """One call to control, as a ``with`` block around it; what the block raises passes through.

        Raises:
            SiloUnreachable: control is known to be away, or enough calls wait for it already.
        """
        # A full house says the same as a control that is away: the others of this server must stay quick.
        if not self._places.acquire(timeout=PLACE_SECONDS):
            raise silo_away(CONTROL)
        try:
            if not self._circuit.admits():
                raise silo_away(CONTROL)
            with self._judged(tells_silence=tells_silence):
                yield
        finally:
            self._places.release()

    @contextlib.contextmanager
    def _judged(self, *, tells_silence: bool) -> Iterator[None]:
        """Learns from one call whether control is there.

        Args:
            tells_silence: whether an answer that does not come in time means that control hangs; it does not for a
                call in which control may wait for an app.
        """
        # Read before the call: afterwards nothing is left of the caller's time, whoever was slow.
        is_telling = tells_silence and _is_patient()
        try:
            yield
        except BaseException as exc:
            self._circuit.judge(exc, silo=CONTROL, tells_silence=is_telling)
            raise
        self._circuit.judge(None, silo=CONTROL)


def _is_patient() -> bool:
    remaining = remaining_seconds()
    return remaining is None or remaining >= PATIENCE_SECONDS
