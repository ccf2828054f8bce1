"""The outbox over gRPC: ``OutboxService``, the same for every silo. Operators call it, never a silo."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import grpc

from shared.clock import Clock
from shared.database.database import Database
from shared.database.transaction import Transaction
from shared.errors import FieldMissing
from shared.outbox.breaker import BreakerState
from shared.outbox.kind import Kinds
from shared.outbox.message import OutboxMessage
from shared.outbox.operate import ParkedFilter, discard_parked, list_parked, pause, resume, retry_parked
from shared.outbox.repair import held_versions, repair
from shared.outbox.replica_servicer import asked_category
from shared.outbox.status import ComparisonStatus, DestinationStatus, list_destinations, measure_skew
from shared.pb.hybridcloud.operations.v1 import outbox_pb2, outbox_service_pb2, outbox_service_pb2_grpc
from shared.rpc.paging import page_of

Retried: TypeAlias = Callable[[Transaction, Sequence[tuple[str, int]]], None]
"""Called in the transaction that does it, with the category and object id of each message that is due again."""


def _nobody_cares(tx: Transaction, retried: Sequence[tuple[str, int]]) -> None:
    """For a silo whose objects do not show whether their messages are parked."""


class OutboxServicer(outbox_service_pb2_grpc.OutboxServiceServicer):
    def __init__(
        self, database: Database, *, silo: str, clock: Clock, kinds: Kinds, retried: Retried = _nobody_cares
    ) -> None:
        """Args:
        database: of this silo.
        silo: its name.
        clock: the machine's, which is compared with the database's.
        kinds: outrank replicas of what this silo owns.
        retried: called with the messages that are retried.
        """
        self._database = database
        self._silo = silo
        self._clock = clock
        self._kinds = kinds
        self._retried = retried

    def GetStatus(  # noqa: N802
        self, request: outbox_service_pb2.GetStatusRequest, context: grpc.ServicerContext
    ) -> outbox_service_pb2.GetStatusResponse:
        with self._database.session():
            destinations = list_destinations(self._database)
        return outbox_service_pb2.GetStatusResponse(
            silo=self._silo,
            destinations=[_destination_message(status) for status in destinations],
            clock_skew_seconds=measure_skew(self._database, clock=self._clock),
        )

    def ListParkedMessages(  # noqa: N802
        self, request: outbox_service_pb2.ListParkedMessagesRequest, context: grpc.ServicerContext
    ) -> outbox_service_pb2.ListParkedMessagesResponse:
        page = page_of(request.page_size, request.page_token)
        with self._database.session():
            found = list_parked(_filter(request.filter), after_id=page.after_id, limit=page.size + 1)
        return outbox_service_pb2.ListParkedMessagesResponse(
            messages=[_parked_message(message) for message in found[: page.size]],
            next_page_token=page.next_token([message.id for message in found]),
        )

    def RetryMessages(  # noqa: N802
        self, request: outbox_service_pb2.RetryMessagesRequest, context: grpc.ServicerContext
    ) -> outbox_service_pb2.RetryMessagesResponse:
        with self._database.transaction() as tx:
            # One transaction with what the objects themselves show: a delivery never says "parked" while its message is
            # due.
            retried = retry_parked(tx, _filter(request.filter))
            self._retried(tx, retried)
        return outbox_service_pb2.RetryMessagesResponse(retried=len(retried))

    def DiscardMessages(  # noqa: N802
        self, request: outbox_service_pb2.DiscardMessagesRequest, context: grpc.ServicerContext
    ) -> outbox_service_pb2.DiscardMessagesResponse:
        with self._database.transaction() as tx:
            # The objects stay as they are: whatever a silo lacks for it is found by comparing.
            discarded = discard_parked(tx, _filter(request.filter))
        return outbox_service_pb2.DiscardMessagesResponse(discarded=discarded)

    def PauseDestination(  # noqa: N802
        self, request: outbox_service_pb2.PauseDestinationRequest, context: grpc.ServicerContext
    ) -> outbox_service_pb2.PauseDestinationResponse:
        with self._database.transaction() as tx:
            pause(tx, _named(request.destination))
        return outbox_service_pb2.PauseDestinationResponse()

    def ResumeDestination(  # noqa: N802
        self, request: outbox_service_pb2.ResumeDestinationRequest, context: grpc.ServicerContext
    ) -> outbox_service_pb2.ResumeDestinationResponse:
        with self._database.transaction() as tx:
            resume(tx, _named(request.destination))
        return outbox_service_pb2.ResumeDestinationResponse()

    def RepairReplicas(  # noqa: N802
        self, request: outbox_service_pb2.RepairReplicasRequest, context: grpc.ServicerContext
    ) -> outbox_service_pb2.RepairReplicasResponse:
        category, held = asked_category(request.category), held_versions(request.replicas)
        destination = _named(request.destination)
        # Before a transaction is opened: a silo mends only what it owns.
        self._kinds.owned_kind(category)
        with self._database.transaction() as tx:
            unknown = repair(tx, self._kinds, category, held, destination=destination)
        return outbox_service_pb2.RepairReplicasResponse(unknown_ids=sorted(unknown))


def _filter(given: outbox_pb2.ParkedFilter) -> ParkedFilter:
    # 0 would be an id, of which there is none; absent means every object.
    object_id = given.object_id if given.HasField("object_id") else None
    return ParkedFilter(destination=given.destination, category=given.category, object_id=object_id)


def _named(destination: str) -> str:
    if not destination:
        raise FieldMissing.at("destination", "one is required.")
    return destination


def _parked_message(row: OutboxMessage) -> outbox_pb2.ParkedMessage:
    message = outbox_pb2.ParkedMessage(
        destination=row.destination,
        category=row.category,
        object_id=row.object_id,
        attempts=row.attempts,
        last_error=row.last_error or "",
    )
    message.enqueued_at.FromDatetime(row.enqueued_at)
    return message


def _destination_message(status: DestinationStatus) -> outbox_pb2.DestinationStatus:
    # Two values on the wire for three here: one that is being probed has not failed again yet.
    is_open = status.breaker is BreakerState.OPEN
    message = outbox_pb2.DestinationStatus(
        destination=status.destination,
        backlog=status.backlog,
        parked=status.parked,
        oldest_age_seconds=status.oldest_seconds,
        lag_p50_seconds=status.lag_p50_seconds,
        lag_p99_seconds=status.lag_p99_seconds,
        categories=[_category_message(status, category) for category in status.categories],
        failing=status.failing,
        # Only ever a reason and a sentence; the text of a driver is in the log.
        last_error=status.last_error or "",
    )
    closed, opened = outbox_pb2.DestinationStatus.BREAKER_CLOSED, outbox_pb2.DestinationStatus.BREAKER_OPEN
    message.breaker = opened if is_open else closed
    if status.paused_at is not None:
        message.paused_at.FromDatetime(status.paused_at)
    if status.comparison is not None:
        message.comparison.CopyFrom(_comparison_message(status.comparison))
    return message


def _comparison_message(status: ComparisonStatus) -> outbox_pb2.Comparison:
    message = outbox_pb2.Comparison(
        rounds=status.rounds,
        objects=status.objects,
        # By their words and not by fields: a sort that is added later reaches operators of an older release.
        found={sort.value: count for sort, count in status.found.items() if count},
        mended=status.mended,
        unmended=status.unmended,
    )
    message.compared_at.FromDatetime(status.compared_at)
    return message


def _category_message(status: DestinationStatus, category: str) -> outbox_pb2.CategoryStatus:
    return outbox_pb2.CategoryStatus(
        category=category,
        due=status.backlog.get(category, 0),
        parked=status.parked_by_category.get(category, 0),
        awaiting_upgrade=status.awaiting_upgrade.get(category, 0),
        oldest_age_seconds=status.oldest_age_seconds.get(category, 0.0),
    )
