"""Registering with control: a region makes itself known when it starts, and keeps trying until control has heard."""

import random
import threading
from collections.abc import Callable

import structlog

from region_silo.services.identity import get_identity, record_registration
from region_silo.services.region import Region
from shared.errors import Conflict, Forbidden, InvalidInput, SignatureExpired, SiloError, TargetWrong, Unauthenticated
from shared.outbox.backoff import Backoff
from shared.pb.hybridcloud.operations.v1 import topology_service_pb2, topology_service_pb2_grpc
from shared.rpc.aliases import Channel

log = structlog.get_logger(__name__)

RETRY = Backoff(base_seconds=0.1, cap_seconds=2.0)
"""Between attempts while control is away."""
ATTEMPTS_PER_WARNING = 10
"""A refused signature needs a person, who shall find the warning and not drown in it."""


class Registration:
    """A thread that registers once and ends; a refusal for good is reported to whoever runs the process."""

    def __init__(
        self,
        region: Region,
        channel: Channel,
        *,
        grpc_address: str,
        http_address: str,
        refused: Callable[[SiloError], None],
    ) -> None:
        """Args:
        region: which one.
        channel: to control.
        grpc_address: how control reaches this region's gRPC.
        http_address: how control reaches this region's HTTP.
        refused: called when control will never accept, for instance because another region has the name.
        """
        self._region = region
        self._stub = topology_service_pb2_grpc.TopologyServiceStub(channel)
        self._addresses = {"grpc_address": grpc_address, "http_address": http_address}
        self._refused = refused
        self._rng = random.Random()  # noqa: S311 - jitter is no secret
        self._failures = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="registration", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def register(self) -> None:
        """Registers now.

        Raises:
            RegionNameTaken, CallerNotOwner, ValidationFailed: control will never accept this.
            Unavailable, DeadlineExceeded: control is away.
        """
        answer = self._stub.RegisterRegion(
            topology_service_pb2.RegisterRegionRequest(
                name=self._region.name, identity=get_identity(self._region), **self._addresses
            )
        )
        record_registration(self._region, number=answer.number, http_address=self._addresses["http_address"])
        log.info("region.registered", region=self._region.name)

    def attempt(self) -> bool:
        """Tries once and says in the log why it failed; False when the next attempt may succeed."""
        try:
            self.register()
        except (Conflict, Forbidden, InvalidInput) as exc:
            self._refused(exc)
        except SiloError as exc:
            self._failures += 1
            self._log_failure(exc)
            return False
        return True

    def _run(self) -> None:
        while not self._stopping.is_set() and not self.attempt():
            self._stopping.wait(RETRY.seconds(self._failures, rng=self._rng))

    def _log_failure(self, exc: SiloError) -> None:
        known = {"region": self._region.name, "reason": exc.reason}
        if not isinstance(exc, Unauthenticated):
            log.info("region.unregistered", **known)
        elif self._failures % ATTEMPTS_PER_WARNING == 1:
            log.warning("region.unregistered", **known, detail=exc.message, advice=_advice(exc))


def _advice(exc: Unauthenticated) -> str:
    if isinstance(exc, SignatureExpired):
        return "Set the clocks of this machine and of control's: they differ by more than a minute."
    if isinstance(exc, TargetWrong):
        return "Point REGION_CONTROL_TARGET at control: another silo answers there."
    return "Give this region and control the same key in SILO_RPC_KEYS, and start both again."
