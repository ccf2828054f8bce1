"""How a region answers: from its replicas when they can tell and are new enough, else with what control says.

Owns that order, and what the caller is told when control is away. Refuses to know any method.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from google.protobuf.message import Message

from region_silo.services.control import ControlClient
from region_silo.services.held import NotHeld
from region_silo.services.region import Region
from shared.app_service.pages import page_of
from shared.app_service.request import check_request
from shared.asking.ask import Asking
from shared.consistency import required
from shared.errors import ReplicaBehind, Unavailable

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)

if TYPE_CHECKING:
    from shared.rpc.aliases import Method


class ReplicaFirst:
    """Calls that a region answers for control."""

    def __init__(self, region: Region, control: ControlClient, asking: Asking) -> None:
        """Args:
        region: whose replicas answer.
        control: answers what they cannot.
        asking: asks apps.
        """
        self.region = region
        self.control = control.apps
        self.asking = asking
        self._client = control

    def read(
        self,
        request: Request,
        find: Callable[[], Response],
        *,
        ask: "Method[Request, Response]",
        is_whole: Callable[[Response], bool] | None = None,
        may_take_long: bool = False,
    ) -> Response:
        """The replicas' answer, or control's.

        Args:
            request: as it came.
            find: answers from the replicas; raises ``NotHeld`` when they cannot tell.
            ask: control's method.
            is_whole: whether nothing is left out of an answer because it has not arrived. One with something left out
                is given only while control is away. None: every answer is whole.
            may_take_long: whether control may have to wait for an app.

        Raises:
            InvalidInput: the request is not complete.
            ReplicaBehind: the replicas are older than what the reader has seen, and control is away.
            Unavailable: the replicas cannot tell, and control is away or more calls wait for it than may.
        """
        check_request(request)
        is_fresh = self.region.freshness.wait(required())
        known: Response | None = None
        if is_fresh:
            try:
                known = page_of(find(), request)
            # It never leaves the silo: to the caller it makes no difference who answered.
            except NotHeld:
                known = None
            if known is not None and (is_whole is None or is_whole(known)):
                return known
        try:
            return self._client.forward(ask, request, may_take_long=may_take_long)
        except Unavailable as exc:
            # With something left out, but from here and now: more than a caller has of a control that is away.
            if known is not None:
                return known
            # Said apart from "away": the replica comes soon, and the caller may ask again at once.
            if not is_fresh:
                raise ReplicaBehind from exc
            raise

    def ask(self, request: Request, ask: "Method[Request, Response]") -> Response:
        """Control's answer to a read that replicas hold nothing for.

        Raises:
            InvalidInput: the request is not complete.
            Unavailable: control is away, or more calls wait for it than may.
        """
        return self._client.forward(ask, request)

    def write(self, request: Request, ask: "Method[Request, Response]") -> Response:
        """Control's answer to a write, which control judges as this region's own.

        Raises:
            InvalidInput: the request is not complete.
            Unavailable, DeadlineExceeded: control is away, more calls wait for it than may, or it did not answer in
                time.
        """
        check_request(request)
        return self._client.forward(ask, request, may_take_long=True)
