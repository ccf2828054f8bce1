"""How a region answers: from its replicas when they can tell and are new enough, else with what control says.

Owns that order, and what the caller is told when control is away. Refuses to know any method.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import grpc
from google.protobuf.message import Message

from region_silo.services.freshness import Freshness
from region_silo.services.held import NotHeld
from region_silo.services.region import Region
from region_silo.services.way_to_control import WayToControl
from shared.app_service.request import check_request
from shared.asking.ask import Asking
from shared.away import silo_away
from shared.consistency import TOKEN_NAME, encode, required
from shared.domain.peer import CONTROL, is_service
from shared.errors import (
    CallerNotOwner,
    DeadlineExceeded,
    ReplicaBehind,
    Unauthenticated,
    Unavailable,
)
from shared.pb.hybridcloud.apps.v1 import app_service_pb2_grpc
from shared.request_log import SiloRequestLog
from shared.rpc.served import add_trailer, current_caller

ASK_SECONDS = 5.0
"""How long control may take to answer what the replicas cannot; the caller's own deadline may be sooner."""

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)

if TYPE_CHECKING:
    Ask = grpc.UnaryUnaryMultiCallable[Request, Response]


class ReplicaFirst:
    """Calls that a region answers for control."""

    def __init__(
        self, region: Region, control: grpc.Channel, freshness: Freshness, *, way: WayToControl | None = None
    ) -> None:
        """Args:
        region: whose replicas answer.
        control: the channel to control.
        freshness: how new the replicas are.
        way: bounds the calls to control; None: a way of its own.
        """
        self.region = region
        self.control = app_service_pb2_grpc.AppServiceStub(control)
        self.asking = Asking(region.outgoing, SiloRequestLog(region.database, region.clock), region.clock)
        self._freshness = freshness
        self._way = way or WayToControl(region.clock)

    def read(
        self,
        request: Request,
        find: Callable[[], Response],
        *,
        ask: "Ask[Request, Response]",
        is_whole: Callable[[Response], bool] | None = None,
    ) -> Response:
        """The replicas' answer, or control's.

        Args:
            request: as it came.
            find: answers from the replicas; raises ``NotHeld`` when they cannot tell.
            ask: control's method.
            is_whole: whether nothing is left out of an answer because it has not arrived. One with something left out
                is given only while control is away. None: every answer is whole.

        Raises:
            InvalidInput: the request is not complete.
            ReplicaBehind: the replicas are older than what the reader has seen, and control is away.
            Unavailable: the replicas cannot tell, and control is away or more calls wait for it than may.
        """
        check_request(request)
        is_fresh = self._freshness.wait(required())
        known: Response | None = None
        if is_fresh:
            try:
                known = find()
            except NotHeld:
                known = None
            if known is not None and (is_whole is None or is_whole(known)):
                return known
        try:
            return self._ask_to_read(request, ask)
        except Unavailable as exc:
            if known is not None:
                return known
            if not is_fresh:
                raise ReplicaBehind from exc
            raise

    def ask(self, request: Request, ask: "Ask[Request, Response]") -> Response:
        """Control's answer to a read that replicas hold nothing for.

        Raises:
            InvalidInput: the request is not complete.
            Unavailable: control is away, or more calls wait for it than may.
        """
        check_request(request)
        return self._ask_to_read(request, ask)

    def write(self, request: Request, ask: "Ask[Request, Response]") -> Response:
        """Control's answer to a write, which control judges as this region's own.

        Raises:
            InvalidInput: the request is not complete.
            CallerNotOwner: another region asks this one to write.
            Unavailable, DeadlineExceeded: control is away, more calls wait for it than may, or it did not answer in
                time.
        """
        check_request(request)
        caller = current_caller()
        if caller not in (CONTROL, self.region.name) and not is_service(caller):
            raise CallerNotOwner(metadata={"caller": caller})
        with self._way.asking(tells_silence=False):
            return _forward(request, ask, timeout_seconds=None)

    def _ask_to_read(self, request: Request, ask: "Ask[Request, Response]") -> Response:
        try:
            with self._way.asking():
                return _forward(request, ask, timeout_seconds=ASK_SECONDS)
        except (DeadlineExceeded, Unauthenticated) as exc:  # a control that refuses our signature is as good as away
            raise silo_away(CONTROL) from exc


def _forward(request: Request, ask: "Ask[Request, Response]", *, timeout_seconds: float | None) -> Response:
    """Calls control with the reader's token, and hands on the token that control answers with."""
    seen = required()
    metadata = ((TOKEN_NAME, encode(seen)),) if seen else None
    response, call = ask.with_call(request, timeout=timeout_seconds, metadata=metadata)
    for key, value in call.trailing_metadata() or ():
        if key == TOKEN_NAME and isinstance(value, str):
            add_trailer(key, value)
    return response
