"""Registering with control: a region makes itself known when it starts, and keeps trying until control has heard.

Afterwards it says how far it has counted whenever that has changed, so that no id is made a second time on an older
copy of its database, or on a new one. When the connection to control was cut it registers anew: control may have been
put back to a copy of its database that knows nothing of this region, or less than it.

Owns what the two agreed on, too, which holds for as long as control is away. Control knows the region again by a random
number made once in the region's own database: whoever else takes its name has another one.
"""

import random
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC

import structlog

from region_silo.models.organization import OwnRegion
from region_silo.services.control import ControlClient
from region_silo.services.ids import count_on, list_counts
from region_silo.services.organization import provision_organization
from region_silo.services.region import Region
from shared.domain.http_address import base_url
from shared.domain.peer import CONTROL
from shared.errors import (
    ConfigInvalid,
    Conflict,
    Forbidden,
    InvalidInput,
    SignatureExpired,
    SiloError,
    TargetWrong,
    Unauthenticated,
)
from shared.outbox.breaker import Backoff
from shared.outbox.comparing import want_comparison
from shared.pb.hybridcloud.operations.v1 import topology_service_pb2
from shared.rpc.connection import Connection

log = structlog.get_logger(__name__)

RETRY = Backoff(base_seconds=0.1, cap_seconds=2.0)
"""Between attempts while control is away."""
REPORT_SECONDS = 5.0
"""How long control may not know how far this region has counted."""
ATTEMPTS_PER_WARNING = 10
"""A refused signature needs a person, who shall find the warning and not drown in it."""


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where others reach this region."""

    grpc_address: str
    http_address: str
    """``host:port`` or a base URL."""


class Registration:
    """A thread that registers; a refusal for good is reported to whoever runs the process."""

    def __init__(
        self,
        region: Region,
        control: ControlClient,
        *,
        refused: Callable[[SiloError], None],
        report_seconds: float = REPORT_SECONDS,
    ) -> None:
        """Args:
        region: which one.
        control: keeps the directory of regions.
        refused: called when control will never accept, for instance because another region has the name.
        report_seconds: how long control may not know of what has changed here, nor this region of a control restarted.
        """
        self._report_seconds = report_seconds
        self._connection = Connection(control.channel)
        self._region = region
        self._control = control
        self._refused = refused
        self._rng = random.Random()  # noqa: S311 - jitter is no secret
        self._failures = 0
        self._told: Mapping[str, int] = {}
        """How far control knows this region to have counted."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, addresses: Addresses) -> None:
        """Begins to try; returns at once."""
        # A thread of its own: a region serves from its replicas whether or not control can be told.
        self._thread = threading.Thread(target=self._run, args=(addresses,), name="registration", daemon=True)
        self._thread.start()
        self._connection.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread:
            self._connection.stop()
            self._thread.join()

    def register(self, addresses: Addresses) -> None:
        """Registers now.

        Raises:
            RegionNameTaken, CallerNotOwner, ValidationFailed: control will never accept this.
            Unavailable, DeadlineExceeded: control is away.
        """
        counts = list_counts(self._region.database)
        request = topology_service_pb2.RegisterRegionRequest(
            name=self._region.name, identity=get_database_id(self._region), counts=counts, **asdict(addresses)
        )
        answer = self._control.tell(self._control.topology.RegisterRegion, request)
        # Kept, so that ids can be made from now on without control.
        record_registration(
            self._region, number=answer.number, http_address=addresses.http_address, counts=answer.counts
        )
        # In place of a database that was lost: what control remembers of this region is made again.
        while answer.organizations:
            self._restore(answer.organizations)
            request.restored_through = answer.organizations[-1].id
            request.counts.update(list_counts(self._region.database))
            answer = self._control.tell(self._control.topology.RegisterRegion, request)
        self._told = {**counts, **answer.counts}
        log.info("region.registered", region=self._region.name)

    def _restore(self, organizations: Iterable[topology_service_pb2.RestoredOrganization]) -> None:
        for each in organizations:
            try:
                provision_organization(
                    self._region,
                    organization_id=each.id,
                    slug=each.slug,
                    name=each.name,
                    created_at=each.created_at.ToDatetime(UTC),
                    is_restored=True,
                )
            except Conflict as exc:  # an older copy may have given the slug to another; operators see both
                log.warning("region.organization_not_restored", organization=each.slug, reason=exc.reason)

    def attempt(self, addresses: Addresses) -> bool:
        """Tries once and says in the log why it failed; False when the next attempt may succeed."""
        try:
            self.register(addresses)
        except (Conflict, Forbidden, InvalidInput) as exc:
            # Another attempt would be refused as well, so whoever runs the process decides.
            self._refused(exc)
        except SiloError as exc:
            self._failures += 1
            self._log_failure(exc)
            return False
        return True

    def _run(self, addresses: Addresses) -> None:
        while not self._stopping.is_set() and not self.attempt(addresses):
            # With jitter: regions that control lost together do not come back all at one moment.
            self._stopping.wait(RETRY.seconds(self._failures, rng=self._rng))
        while not self._stopping.wait(self._report_seconds):
            if self._connection.was_cut:
                self._register_anew(addresses)
            elif self._has_counted_on():
                self.attempt(addresses)

    def _register_anew(self, addresses: Addresses) -> None:
        # Before control is asked: a cut that comes after it is another one.
        self._connection.forget()
        try:
            if self.attempt(addresses):
                # No message tells what control has lost.
                with self._region.database.transaction() as tx:
                    want_comparison(tx, CONTROL)
                return
        except SiloError as exc:
            log.info("region.comparison_not_wanted", reason=exc.reason)
        self._connection.remember()

    def _has_counted_on(self) -> bool:
        try:
            return list_counts(self._region.database) != self._told
        except SiloError:
            return False

    def _log_failure(self, exc: SiloError) -> None:
        known = {"region": self._region.name, "reason": exc.reason}
        if not isinstance(exc, Unauthenticated):
            log.info("region.unregistered", **known)
        elif self._failures % ATTEMPTS_PER_WARNING == 1:
            log.warning("region.unregistered", **known, detail=exc.message, advice=_advice(exc))


def get_database_id(region: Region) -> str:
    """32 hex characters by which control knows this database again; made at the first call.

    Raises:
        ConfigInvalid: the database belongs to a region of another name.
    """
    with region.database.transaction():
        row = OwnRegion.select().first()
        if row is None:
            # Made once and never changed: by it control tells a region that moved from another one of its name.
            row = OwnRegion.create(name=region.name, database_id=secrets.token_hex(16))
    # The database of another region would show its organizations under this name.
    if row.name != region.name:
        raise ConfigInvalid(f"This database belongs to the region {row.name!r}, not to {region.name!r}.")
    return str(row.database_id)


def record_registration(
    region: Region, *, number: int, http_address: str, counts: Mapping[str, int] | None = None
) -> None:
    """Keeps what was agreed with control.

    Args:
        region: which one.
        number: given by control; the same each time.
        http_address: ``host:port`` or a base URL, as control has it.
        counts: by kind, what to count on above.
    """
    with region.database.transaction() as tx:
        count_on(tx, counts or {})
        OwnRegion.update(number=number, http_address=http_address).execute()


def find_http_url(region: Region) -> str | None:
    """Where others reach this region's HTTP, as a base URL; None before the first registration. Needs a session."""
    row = OwnRegion.get_or_none(OwnRegion.name == region.name)
    if row is None or not row.http_address:
        return None
    return base_url(row.http_address)


def _advice(exc: Unauthenticated) -> str:
    if isinstance(exc, SignatureExpired):
        return "Set the clocks of this machine and of control's: they differ by more than a minute."
    if isinstance(exc, TargetWrong):
        return "Point REGION_CONTROL_TARGET at control: another silo answers there."
    # A silo that is not control knows nothing of the key that is shared with control, so both faults look alike.
    return (
        "Give this region and control the same key in SILO_RPC_KEYS, "
        "and see that REGION_CONTROL_TARGET leads to control and to no other silo."
    )
