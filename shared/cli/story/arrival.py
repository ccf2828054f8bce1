"""When a write shows in a region: the time from control's answer until the region's own replica has it.

Owns the measurement. What a region does not hold it asks control for, so a read proves nothing about a replica that is
not there yet: arrival is looked up in the list of what the region holds, and lag is measured on replicas that exist.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from shared.cli.access import Access
from shared.errors import DeadlineExceeded
from shared.outbox.digest import BUCKETS
from shared.pb.hybridcloud.apps.v1 import app_service_pb2, app_service_pb2_grpc
from shared.pb.hybridcloud.replication.v1 import replica_pb2, replica_service_pb2, replica_service_pb2_grpc
from shared.rpc.channel import SiloChannel

ARRIVAL_SECONDS = 15.0
# What is measured takes milliseconds; a longer pause would be most of what is shown.
_PAUSE_SECONDS = 0.0005


class Observer:
    """Looks at apps in some regions; keeps its channels open until closed."""

    def __init__(self, access: Access, regions: Sequence[str]) -> None:
        self._channels: dict[str, SiloChannel] = {name: access.channel(name) for name in regions}
        # A thread each, since one that waits for a region would see the next one's arrival late.
        self._pool = ThreadPoolExecutor(len(regions), thread_name_prefix="observer")

    def seconds_until_held(self, app_id: int, *, since: float) -> dict[str, float]:
        """By region, how long it took at most until it held a replica of the app.

        Args:
            app_id: of the app.
            since: ``time.monotonic()`` when control had answered the write.

        Raises:
            DeadlineExceeded: a region did not within ARRIVAL_SECONDS.
        """
        waits = self._start(lambda region: self._holds(region, app_id))
        return {region: wait() - since for region, wait in waits}

    def seconds_until_renamed(self, write: Callable[[], None], *, slug: str, name: str) -> dict[str, float]:
        """Writes, and answers by region how long after control's answer it showed the app's new name.

        Negative where a region showed it first: control has committed, and told the regions, before it answers.

        Args:
            write: gives the app its name; returns when control has answered.
            slug: of the app, which every region holds.
            name: what will show.

        Raises:
            DeadlineExceeded: a region did not show it within ARRIVAL_SECONDS.
        """
        # Before the write: whoever began to look after it would measure its own beginning.
        waits = self._start(lambda region: self.name_of(region, slug) == name)
        write()
        answered = time.monotonic()
        return {region: wait() - answered for region, wait in waits}

    def name_of(self, region: str, slug: str) -> str | None:
        """The app's name as a region answers it; None when there is no such app.

        Raises:
            SiloError: the region does not answer.
        """
        stub = app_service_pb2_grpc.AppServiceStub(self._channels[region])
        # Without a consistency token, with which a region waits: what it shows by itself is measured.
        answer = stub.GetSentryAppBySlug(app_service_pb2.GetSentryAppBySlugRequest(slug=slug))
        return answer.sentry_app.name if answer.HasField("sentry_app") else None

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        for channel in self._channels.values():
            channel.close()

    def _start(self, shown: Callable[[str], bool]) -> Iterable[tuple[str, Callable[[], float]]]:
        """Begins to look in every region; each answer is ``time.monotonic()`` of the first look that saw it."""
        return [(region, self._pool.submit(_first_moment, region, shown).result) for region in self._channels]

    def _holds(self, region: str, app_id: int) -> bool:
        stub = replica_service_pb2_grpc.ReplicaServiceStub(self._channels[region])
        request = replica_service_pb2.ListVersionsRequest(category=replica_pb2.CATEGORY_APP, buckets=[app_id % BUCKETS])
        return any(each.object_id == app_id for each in stub.ListVersions(request).versions)


def _first_moment(region: str, shown: Callable[[str], bool]) -> float:
    deadline = time.monotonic() + ARRIVAL_SECONDS
    pause = threading.Event()
    while time.monotonic() < deadline:
        if shown(region):
            return time.monotonic()
        pause.wait(_PAUSE_SECONDS)
    raise DeadlineExceeded(f"{region} did not show the write within {ARRIVAL_SECONDS:.0f} s.")
