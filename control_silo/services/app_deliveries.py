"""What an app was told and asked, gathered from the silos that make them: control's own and every region's.

A delivery is known by its silo and its id there. Owns that name; knows not who may read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from control_silo.services.asked_regions import REGIONS_DEADLINE_SECONDS, ask_regions, regions_of_app
from control_silo.services.control import Control
from control_silo.services.region_answers import believed_deliveries
from shared.domain.path_key import path_key
from shared.domain.peer import CONTROL, silo_away
from shared.errors import NotFound, RegionNotFound
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2 as pb
from shared.pb.hybridcloud.requests.v1 import delivery_pb2
from shared.rpc.aliases import Future
from shared.webhooks.clearing import MAX_DELIVERIES
from shared.webhooks.deliveries import (
    MAX_EXCERPT_CHARACTERS,
    DeliveryQuery,
    list_outlines,
    list_whole,
    redeliver,
    redeliver_all,
    status_of,
)

REDELIVERING_DEADLINE_SECONDS = 10.0
"""For all regions together: each writes as many rows as it keeps."""


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
        # From the right: what stands before the last dot is a silo's name, whatever it is.
        silo, _, number = text.rpartition(".")
        key = path_key(number)
        # An id that is none is a delivery that there is not: no path says "malformed".
        if not silo or not isinstance(key, int) or key == 0:
            raise NotFound
        return cls(silo=silo, id=key)


@dataclass(frozen=True, kw_only=True)
class NamedDelivery:
    """A delivery and the silo that makes it."""

    name: DeliveryName
    delivery: delivery_pb2.RpcDelivery


@dataclass(frozen=True, kw_only=True)
class DeliveriesResult:
    """What the silos answered."""

    deliveries: tuple[NamedDelivery, ...]
    """Newest first."""
    missing_regions: tuple[str, ...]
    """Names of the regions that did not answer, in order."""


def list_app_deliveries(control: Control, query: DeliveryQuery, *, limit: int) -> DeliveriesResult:
    """The newest deliveries to an app, in outline. Must not be called in a session.

    Args:
        control: its database and its channels to the regions.
        query: which of them.
        limit: of each silo, at most ``MAX_DELIVERIES``.
    """
    # As many as a silo keeps: more cannot be asked for, and a region would refuse it.
    limit = min(limit, MAX_DELIVERIES)

    def start(name: str, timeout: float) -> Future:
        request = _list_request(query, region=name, limit=limit)
        return control.regions.app_requests(name).ListDeliveries.future(request, timeout=timeout)

    with control.database.session():
        # Read before the regions are asked: a session that waited for them would hold a connection.
        own = _named(CONTROL, list_outlines(query, limit=limit))
    answers: Mapping[str, pb.ListDeliveriesResponse | None] = ask_regions(
        control, start, deadline_seconds=REGIONS_DEADLINE_SECONDS, names=regions_of_app(control, query.sentry_app_id)
    )
    return _gathered(own, answers, limit=limit)


def read_app_deliveries(control: Control, app_id: int, names: Sequence[DeliveryName]) -> DeliveriesResult:
    """These deliveries with their attempts and the beginning of each body. Must not be called in a session.

    Args:
        control: its database and its channels to the regions.
        app_id: whose deliveries.
        names: which; those that are gone are left out.
    """
    ids: dict[str, list[int]] = {}
    # By silo: each is asked once, however many of its deliveries are wanted.
    for name in names:
        ids.setdefault(name.silo, []).append(name.id)

    def start(name: str, timeout: float) -> Future:
        request = pb.GetDeliveriesRequest(
            sentry_app_id=app_id, cell_name=name, delivery_ids=ids[name], max_characters=MAX_EXCERPT_CHARACTERS
        )
        return control.regions.app_requests(name).GetDeliveries.future(request, timeout=timeout)

    with control.database.session():
        found = list_whole(app_id, ids.get(CONTROL, ()), max_characters=MAX_EXCERPT_CHARACTERS)
    answers: Mapping[str, pb.GetDeliveriesResponse | None] = ask_regions(
        # Only those that are named, known or not; a region that there is not answers like one that is away.
        control,
        start,
        deadline_seconds=REGIONS_DEADLINE_SECONDS,
        names=sorted(ids.keys() - {CONTROL}),
    )
    return _gathered(_named(CONTROL, found), answers, limit=len(names))


def get_app_delivery(control: Control, app_id: int, name: DeliveryName) -> NamedDelivery:
    """One delivery, whole. Must not be called in a session.

    Raises:
        NotFound: the app has no such delivery.
        SiloUnreachable, DeadlineExceeded: its region is away.
    """
    if name.silo == CONTROL:
        with control.database.session():
            found = list_whole(app_id, [name.id])
    else:
        request = pb.GetDeliveriesRequest(sentry_app_id=app_id, cell_name=name.silo, delivery_ids=[name.id])
        with region_known():
            stub = control.regions.app_requests(name.silo)
        answer = stub.GetDeliveries(request, timeout=REGIONS_DEADLINE_SECONDS)
        found = believed_deliveries(name.silo, answer.deliveries, limit=1)
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
        now = control.clock.now()
        sent = redeliver(control.database, sentry_app_id=app_id, delivery_id=name.id, now=now)
        return NamedDelivery(name=name, delivery=sent)
    request = pb.RedeliverRequest(sentry_app_id=app_id, cell_name=name.silo, delivery_id=name.id)
    with region_known():
        stub = control.regions.app_requests(name.silo)
    answer = stub.Redeliver(request, timeout=REGIONS_DEADLINE_SECONDS)
    believed = believed_deliveries(name.silo, [answer.delivery], limit=1)
    if not believed:
        raise silo_away(name.silo)
    return NamedDelivery(name=name, delivery=believed[0])


@dataclass(frozen=True, kw_only=True)
class RedeliveredResult:
    """What is sent again."""

    count: int
    missing_regions: tuple[str, ...]
    """Names of the regions that did not answer, in order: of theirs nothing is known."""


def redeliver_all_to_app(control: Control, query: DeliveryQuery) -> RedeliveredResult:
    """Makes those deliveries due again that are over, in every silo. Must not be called in a session."""

    def start(name: str, timeout: float) -> Future:
        request = pb.RedeliverAllRequest(deliveries=_list_request(query, region=name))
        return control.regions.app_requests(name).RedeliverAll.future(request, timeout=timeout)

    # Control's own first: whatever becomes of the regions, these are sent.
    own = redeliver_all(control.database, query)
    answers: Mapping[str, pb.RedeliverAllResponse | None] = ask_regions(
        control,
        start,
        deadline_seconds=REDELIVERING_DEADLINE_SECONDS,
        names=regions_of_app(control, query.sentry_app_id),
    )
    # A region that is taken says whatever it likes; no more than it can keep is believed.
    theirs = (min(max(answer.count, 0), MAX_DELIVERIES) for answer in answers.values() if answer)
    return RedeliveredResult(
        count=own + sum(theirs), missing_regions=tuple(name for name, answer in answers.items() if answer is None)
    )


def _list_request(query: DeliveryQuery, *, region: str, limit: int = 0) -> pb.ListDeliveriesRequest:
    request = pb.ListDeliveriesRequest(
        sentry_app_id=query.sentry_app_id,
        cell_name=region,
        event=query.event or "",
        status=status_of(query.state) if query.state else delivery_pb2.RpcDelivery.STATUS_UNSPECIFIED,
        organization_id=query.organization_id or 0,
        failed=query.failed,
        limit=limit,
    )
    if query.since:
        request.since.FromDatetime(query.since)
    if query.until:
        request.until.FromDatetime(query.until)
    return request


@contextmanager
def region_known() -> Iterator[None]:
    """Who names a region that there is not asks for a delivery that there is not: it is a part of the name.

    Raises:
        NotFound: there is none.
    """
    # The name comes out of a path, so that anybody can invent one.
    try:
        yield
    except RegionNotFound as exc:
        raise NotFound from exc


def _gathered(
    own: Sequence[NamedDelivery],
    answers: Mapping[str, pb.ListDeliveriesResponse | None] | Mapping[str, pb.GetDeliveriesResponse | None],
    *,
    limit: int,
) -> DeliveriesResult:
    believed = {
        name: believed_deliveries(name, answer.deliveries, limit=limit) for name, answer in answers.items() if answer
    }
    theirs = [each for name, deliveries in believed.items() for each in _named(name, deliveries)]
    return DeliveriesResult(
        # Each silo's list is in order, and all of them together are not.
        deliveries=tuple(sorted([*own, *theirs], key=_created_at, reverse=True)),
        missing_regions=tuple(name for name, answer in answers.items() if answer is None),
    )


def _named(silo: str, deliveries: Iterable[delivery_pb2.RpcDelivery]) -> list[NamedDelivery]:
    return [NamedDelivery(name=DeliveryName(silo=silo, id=each.id), delivery=each) for each in deliveries]


def _created_at(named: NamedDelivery) -> tuple[int, int, int]:
    at = named.delivery.created_at
    # The id last, which orders those of one silo and one instant.
    return at.seconds, at.nanos, named.delivery.id
