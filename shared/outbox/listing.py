"""Listing what another silo holds or should hold, page by page, without believing what cannot be so.

Who has taken a silo answers what they like, for as long as they like. Owns the bounds of that; refuses to know what the
lists are compared with.
"""

from collections.abc import Callable
from itertools import pairwise

from shared.errors import Internal
from shared.outbox.difference import Versions
from shared.outbox.digest import BUCKETS
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2, replica_service_pb2_grpc

CALL_SECONDS = 60.0
"""How long one call may take: a silo that holds a million replicas reads them all to answer."""

MAX_CHECKSUM_BYTES = 64


class TooManyListed(Exception):
    """There is more in these buckets than was to be held in memory."""


def list_versions(
    stub: replica_service_pb2_grpc.ReplicaServiceStub,
    request: replica_service_pb2.ListVersionsRequest,
    *,
    silo: str,
    limit: int | None = None,
    pause: Callable[[], None] = lambda: None,
) -> Versions:
    """Version and checksum of all objects that the silo lists, by id.

    Args:
        stub: to the silo.
        request: what is wanted; its page token is used up.
        silo: its name.
        limit: how many objects at most; None: any number.
        pause: called before each page.

    Raises:
        TooManyListed: there are more.
        Internal: the list is one that no silo could give.
        SiloError: the silo does not answer.
    """
    found: dict[int, tuple[int, bytes]] = {}
    last: int | None = None
    while True:
        pause()
        page = stub.ListVersions(request, timeout=CALL_SECONDS)
        ids = [each.object_id for each in page.versions]
        _check(ids, silo=silo, after=last, buckets=frozenset(request.buckets))
        # What is kept of an object is little, and so is a page.
        if len(ids) > request.page_size or any(len(each.checksum) > MAX_CHECKSUM_BYTES for each in page.versions):
            raise Internal(f"{silo} lists more at once than it was asked for.")
        found |= {each.object_id: (each.version, each.checksum) for each in page.versions}
        if not page.next_page_token:
            return found
        # A silo could otherwise be listed for ever: of ids that ascend there is an end, and the limit comes before it.
        if not ids:
            raise Internal(f"{silo} lists nothing, and says that more follows.")
        if limit is not None and len(found) > limit:
            raise TooManyListed
        request.page_token, last = page.next_page_token, ids[-1]


def _check(ids: list[int], *, silo: str, after: int | None, buckets: frozenset[int]) -> None:
    in_order = ids if after is None else [after, *ids]
    if any(before >= object_id for before, object_id in pairwise(in_order)):
        raise Internal(f"{silo} lists objects twice, or in no order.")
    if buckets and any(object_id % BUCKETS not in buckets for object_id in ids):
        raise Internal(f"{silo} lists objects that it was not asked for.")
