"""The deliveries of an app, gathered from the silos that make them: control's own and every region's.

A delivery is known by its silo and its id there. Owns that name; knows not who may read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from control_silo.services.asked_regions import REGIONS_DEADLINE_SECONDS, ask_regions
from control_silo.services.control import Control
from shared.config import CONTROL
from shared.domain.path_key import MAX_ID
from shared.errors import NotFound, RegionNotFound
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2 as pb
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2_grpc, delivery_pb2
from shared.rpc.aliases import Channel, Future
from shared.webhooks.deliveries import DeliveryQuery, list_deliveries, redeliver, status_of
from shared.webhooks.delivery import MAX_DELIVERIES, DeliveryState


@dataclass(frozen=True, kw_only=True)
class DeliveryName:
    """Where a delivery is: ``us.12``."""

    silo: str
    id: int

    def __str__(self) -> str:
        return f"{self.silo}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> "DeliveryName":
        """Raises:
        NotFound: it is no such name.
        """
        silo, _, number = text.rpartition(".")
        if not (silo and number.isascii() and number.isdecimal() and len(number) < 20 and 0 < int(number) <= MAX_ID):
            raise NotFound
        return cls(silo=silo, id=int(number))


@dataclass(frozen=True, kw_only=True)
class NamedDelivery:
    """A delivery and the silo that makes it."""

    name: DeliveryName
    delivery: delivery_pb2.RpcDelivery


@dataclass(frozen=True, kw_only=True)
class DeliveriesResult:
    """What the silos answered."""

    deliveries: tuple[NamedDelivery, ...]
    """Newest first: of each silo at most its newest ``MAX_DELIVERIES``."""
    missing_regions: tuple[str, ...]
    """Names of the regions that did not answer, in order."""


def list_app_deliveries(
    control: Control, app_id: int, *, event: str | None, state: DeliveryState | None, limit: int
) -> DeliveriesResult:
    """The newest deliveries to an app. Must not be called in a session.

    Args:
        control: its database and its channels to the regions.
        app_id: whose deliveries.
        event: only of this event; None for any.
        state: only in this state; None for any.
        limit: of each silo, at most ``MAX_DELIVERIES``.
    """
    limit = min(limit, MAX_DELIVERIES)

    def start(channel: Channel, name: str, timeout: float) -> Future:
        status = status_of(state) if state else delivery_pb2.RpcDelivery.STATUS_UNSPECIFIED
        request = pb.ListDeliveriesRequest(
            sentry_app_id=app_id, cell_name=name, event=event or "", status=status, limit=limit
        )
        stub = app_request_service_pb2_grpc.AppRequestServiceStub(channel)
        return stub.ListDeliveries.future(request, timeout=timeout)

    query = DeliveryQuery(sentry_app_id=app_id, event=event, state=state)
    with control.database.session():
        own = _named(CONTROL, list_deliveries(query, limit=limit))
    answers: Mapping[str, pb.ListDeliveriesResponse | None] = ask_regions(
        control, start, deadline_seconds=REGIONS_DEADLINE_SECONDS
    )
    theirs = [each for name, answer in answers.items() if answer for each in _named(name, answer.deliveries)]
    return DeliveriesResult(
        deliveries=tuple(sorted([*own, *theirs], key=_created_at, reverse=True)),
        missing_regions=tuple(name for name, answer in answers.items() if answer is None),
    )


def get_app_delivery(control: Control, app_id: int, name: DeliveryName) -> NamedDelivery:
    """One delivery. Must not be called in a session.

    Raises:
        NotFound: the app has no such delivery.
        SiloUnreachable, DeadlineExceeded: its region is away.
    """
    if name.silo == CONTROL:
        with control.database.session():
            found = list_deliveries(DeliveryQuery(sentry_app_id=app_id, delivery_id=name.id), limit=1)
    else:
        request = pb.ListDeliveriesRequest(sentry_app_id=app_id, cell_name=name.silo, delivery_id=name.id)
        answer = _stub(control, name.silo).ListDeliveries(request, timeout=REGIONS_DEADLINE_SECONDS)
        found = list(answer.deliveries)
    if not found:
        raise NotFound
    return NamedDelivery(name=name, delivery=found[0])


def redeliver_to_app(control: Control, app_id: int, name: DeliveryName) -> NamedDelivery:
    """Makes a delivery due at once. Must not be called in a session.

    Raises:
        NotFound: the app has no such delivery.
        SiloUnreachable, DeadlineExceeded: its region is away.
    """
    if name.silo == CONTROL:
        query = DeliveryQuery(sentry_app_id=app_id, delivery_id=name.id)
        return NamedDelivery(name=name, delivery=redeliver(control.database, query, now=control.clock.now()))
    request = pb.RedeliverRequest(sentry_app_id=app_id, cell_name=name.silo, delivery_id=name.id)
    answer = _stub(control, name.silo).Redeliver(request, timeout=REGIONS_DEADLINE_SECONDS)
    return NamedDelivery(name=name, delivery=answer.delivery)


def _stub(control: Control, region: str) -> app_request_service_pb2_grpc.AppRequestServiceStub:
    try:
        return app_request_service_pb2_grpc.AppRequestServiceStub(control.regions.channel(region))
    except RegionNotFound as exc:
        raise NotFound from exc


def _named(silo: str, deliveries: Iterable[delivery_pb2.RpcDelivery]) -> list[NamedDelivery]:
    return [NamedDelivery(name=DeliveryName(silo=silo, id=each.id), delivery=each) for each in deliveries]


def _created_at(named: NamedDelivery) -> tuple[int, int, int]:
    at = named.delivery.created_at
    return at.seconds, at.nanos, named.delivery.id
