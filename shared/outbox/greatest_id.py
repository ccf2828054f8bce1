"""Ids go on above those that others have seen, also when the database that gives them out is an older copy of itself.

Owns asking and bounding; how a table's ids are passed over is ``locking``'s.
"""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from shared.category import number_of
from shared.database.database import Database
from shared.database.locking import pass_over_ids
from shared.database.model import table_of
from shared.errors import SiloError
from shared.outbox.kind import HeldKind, Kinds, OwnedKind
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2, replica_service_pb2_grpc
from shared.rpc.aliases import Channel

log = structlog.get_logger(__name__)

MAX_IDS_AHEAD = 2**24
"""How many ids may have been given out between a backup and its use. A silo that is taken could else use all up."""
# A silo that starts must serve soon, also while another one is away; comparing asks again later.
ASK_SECONDS = 2.0


def pass_over_seen_ids(
    database: Database,
    kind: OwnedKind | HeldKind,
    stub: replica_service_pb2_grpc.ReplicaServiceStub,
) -> None:
    """Gives out no id of the kind that the silo has seen; nothing is done for ids that another silo gives out.

    Args:
        database: of this silo.
        kind: of this silo.
        stub: to the silo that is asked.

    Raises:
        SiloError: the silo or this one's database does not answer.
    """
    if kind.numbered is None:
        return
    # Of what this silo owns the other holds replicas; of what it holds the other is asked as the owner.
    destination = kind.silo if isinstance(kind, HeldKind) else ""
    request = replica_service_pb2.GetDigestsRequest(
        # Digests would cost the asked silo a look at every object; the greatest id costs it one row.
        category=number_of(kind.category),
        destination=destination,
        ids_only=True,
    )
    _pass_over(database, kind.numbered, seen=stub.GetDigests(request, timeout=ASK_SECONDS).greatest_id)


def pass_over_mentioned_ids(
    database: Database, kinds: Kinds, stub: replica_service_pb2_grpc.ReplicaServiceStub
) -> None:
    """Likewise with ids of what has no category of its own: users, say, whom a region's comments name.

    Args:
        database: of this silo.
        kinds: of this silo.
        stub: to the silo that is asked.

    Raises:
        SiloError: as above.
    """
    if not kinds.numbered:
        return
    # Any category that it holds will do; one of an older release passes over the question.
    request = replica_service_pb2.GetDigestsRequest(
        category=number_of(kinds.owned[0].category), ids_only=True, with_mentioned=True
    )
    seen = stub.GetDigests(request, timeout=ASK_SECONDS).mentioned_ids
    for word, model in kinds.numbered.items():
        _pass_over(database, model, seen=seen.get(word, 0))


def _pass_over(database: Database, model: Any, *, seen: int) -> None:
    with database.session():
        ((own,),) = database.rows(f"SELECT coalesce(max(id), 0) FROM {table_of(model)}")
    # More than that is no older copy but a lie or a fault, which comparing names.
    if own < seen <= own + MAX_IDS_AHEAD:
        with database.transaction() as tx:
            pass_over_ids(tx, model, newest=seen)


def pass_over_ids_seen_by(database: Database, kinds: Kinds, channel: Channel) -> None:
    """Gives out no id that the silo behind the channel has seen.

    Raises:
        SiloError: the silo or this one's database does not answer.
    """
    stub = replica_service_pb2_grpc.ReplicaServiceStub(channel)
    for held in kinds.held:
        pass_over_seen_ids(database, held, stub)
    for owned in kinds.owned:
        pass_over_seen_ids(database, owned, stub)
    pass_over_mentioned_ids(database, kinds, stub)


def pass_over_ids_seen_by_all(
    database: Database, kinds: Kinds, silos: Iterable[str], *, channel: Callable[[str], Channel]
) -> None:
    """Asks each silo at once, before anything is served; one that does not answer in time is left to comparing.

    Args:
        database: of this silo.
        kinds: of this silo.
        silos: who may have seen ids.
        channel: gives the way to one of them.
    """

    def ask(silo: str) -> None:
        try:
            pass_over_ids_seen_by(database, kinds, channel(silo))
        except SiloError as exc:
            # Only said: a control that could not start while a region is away would be away itself.
            log.info("ids.not_asked", silo=silo, reason=exc.reason)

    asking = [threading.Thread(target=ask, args=(silo,), name=f"ids-{silo}", daemon=True) for silo in silos]
    for thread in asking:
        thread.start()
    give_up_at = time.monotonic() + ASK_SECONDS
    for thread in asking:
        thread.join(max(0.0, give_up_at - time.monotonic()))
