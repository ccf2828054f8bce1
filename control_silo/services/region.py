"""The directory of regions: who they are and where they listen. A region writes its own entry, and only that."""

import hmac
import re
from collections.abc import Mapping

import peewee

from control_silo.models.app import SentryApp
from control_silo.models.region import (
    OrganizationReplica,
    RegisteredRegion,
    RetiredRegion,
)
from control_silo.services.control import Control
from shared.category import Owner, owned_by
from shared.database.locking import await_writers, locked
from shared.domain.address import (
    IN_PROCESS_HOST,
    IN_PROCESS_PORT,
    host_and_port,
    is_in_process,
    is_rpc_address,
    is_silo_address,
)
from shared.domain.peer import is_region_name
from shared.domain.region_id import MAX_REGION_NUMBER
from shared.errors import AddressRefused, DatabaseBusy, LimitReached, RegionNameTaken, ValidationFailed
from shared.outbox.change import tell_new_destination
from shared.outbox.comparing import want_comparison
from shared.outbox.enqueue import announce_destination

NOT_CALLED = "Control calls no region there; CONTROL_REGION_NETWORKS says where regions may listen."
RESTORED_AT_ONCE = 500
COUNT_SLACK = 2**20
"""How far a region that lost its database counts on above what control remembers: more than it makes of a kind between
two reports, or while control is away."""
MAX_COUNT = 2**42
_KIND_CHARACTERS = 32
_IDENTITY = re.compile(r"[0-9a-f]{32}")


def register_region(
    control: Control,
    *,
    name: str,
    grpc_address: str,
    http_address: str,
    identity: str,
    counts: Mapping[str, int] | None = None,
) -> list[RegisteredRegion]:
    """Adds a region or moves it to new addresses, and answers the whole directory.

    Args:
        control: where.
        name: of the region.
        grpc_address: where it is.
        http_address: likewise.
        identity: of its database.
        counts: how far it has counted, by kind.

    Raises:
        ValidationFailed: a field is missing or malformed, or an address is none that control may call.
        RegionNameTaken: the name belongs to a region with another database.
        LimitReached: there are as many regions as there are numbers for them.
        DatabaseBusy: another region took the same number at the same moment; the next attempt takes another.
    """
    _validate(control, name=name, grpc_address=grpc_address, http_address=http_address, identity=identity)
    try:
        with control.database.transaction() as tx:
            region = locked(tx, RegisteredRegion.select().where(RegisteredRegion.name == name)).first()
            is_new = region is None
            is_empty = is_new or region.is_replaced
            region = region or RegisteredRegion(name=name, identity=identity)
            _take_database(region, identity)
            region.grpc_address, region.http_address = grpc_address, http_address
            # At each start of a region: the directory tells when it was last heard of.
            region.registered_at = control.clock.now()
            # Never another one: ids that the region has made say this number for ever.
            region.number = region.number or _next_number()
            region.counts = _counted_on(region.counts, counts or {})
            region.save(force_insert=is_new)
            # It may have come back with an older copy of its database, of which no message tells.
            want_comparison(tx, name)
            # A region that only moved has kept its replicas, and its messages wait for it.
            if is_empty:
                # An app that is being published in another transaction does not see the new region, nor this one that
                # app. So wait for such transactions; those that begin later see the region.
                await_writers(tx, SentryApp)
                tell_new_destination(tx, name, owned_by(Owner.CONTROL))
                announce_destination(tx)
            return list(RegisteredRegion.select().order_by(RegisteredRegion.name))
    except peewee.IntegrityError as exc:
        raise DatabaseBusy("Another region registered at the same moment.") from exc


def _take_database(region: RegisteredRegion, identity: str) -> None:
    """Raises:
    RegionNameTaken: the region has another database, and nobody has said that it is lost.
    """
    if region.is_replaced:
        region.identity, region.is_replaced, region.awaits_organizations = identity, False, True
    # The key alone does not give a name away: another database would answer for the region with nothing in it.
    elif not hmac.compare_digest(region.identity, identity):
        raise RegionNameTaken(
            f"Another database is registered as the region {region.name!r}: use that one, or another REGION_NAME. "
            f"If its database is lost, say so to control: silo region replace {region.name}.",
            metadata={"region": region.name},
        )


def list_regions(control: Control) -> list[RegisteredRegion]:
    """Every registered region, by name."""
    with control.database.session():
        return list(RegisteredRegion.select().order_by(RegisteredRegion.name))


def list_organizations_to_restore(control: Control, region: str, *, after_id: int) -> list[OrganizationReplica]:
    """The organizations that a region has to make again whose database was replaced, with the names that they have.

    Up to ``RESTORED_AT_ONCE`` of those with greater ids, in id order. When none is left, the region has them all.
    """
    with control.database.transaction() as tx:
        row = locked(tx, RegisteredRegion.select().where(RegisteredRegion.name == region)).first()
        if row is None or not row.awaits_organizations:
            return []
        here = OrganizationReplica.select().where(
            OrganizationReplica.region_name == region, ~OrganizationReplica.tombstone, OrganizationReplica.id > after_id
        )
        found = list(here.order_by(OrganizationReplica.id).limit(RESTORED_AT_ONCE))
        if not found:
            row.awaits_organizations = False
            row.save(only=[RegisteredRegion.awaits_organizations])
        return found


def _counted_on(known: Mapping[str, int], said: Mapping[str, int]) -> dict[str, int]:
    """What is remembered from now on: of a kind of which more is known than the region says, a good deal more.

    It may have made more since it last said how far it is, before it lost its database.
    """
    counted = {kind: count for kind, count in said.items() if len(kind) <= _KIND_CHARACTERS and 0 <= count < MAX_COUNT}
    for kind, count in known.items():
        if counted.get(kind, 0) < count:
            counted[kind] = count + COUNT_SLACK
    return counted


def _next_number() -> int:
    numbers = (model.select(peewee.fn.MAX(model.number)).scalar() for model in (RegisteredRegion, RetiredRegion))
    number = max(int(each or 0) for each in numbers) + 1
    if number > MAX_REGION_NUMBER:
        raise LimitReached(f"There may be at most {MAX_REGION_NUMBER} regions.")
    return number


def _validate(control: Control, *, name: str, grpc_address: str, http_address: str, identity: str) -> None:
    problems: dict[str, list[str]] = {}
    if not is_region_name(name):
        problems["name"] = ["A region's name is lower-case letters, digits and hyphens, and not 'control'."]
    if not is_rpc_address(grpc_address):
        problems["grpc_address"] = ["An address is host:port."]
    elif not _may_be_called(control, grpc_address):
        problems["grpc_address"] = [NOT_CALLED]
    if not is_silo_address(http_address):
        problems["http_address"] = ["An address is host:port, or an https URL without a path."]
    elif not _may_be_called(control, http_address):
        problems["http_address"] = [NOT_CALLED]
    if not _IDENTITY.fullmatch(identity):
        problems["identity"] = ["An identity is 32 lower-case hex characters."]
    if problems:
        text = " ".join(f"{field}: {texts[0]}" for field, texts in problems.items())
        raise ValidationFailed(text, fields=problems)


def _may_be_called(control: Control, address: str) -> bool:
    place = (IN_PROCESS_HOST, IN_PROCESS_PORT) if is_in_process(address) else host_and_port(address)
    try:
        control.regions.hosts.check(*place)
    except AddressRefused:
        return False
    return True
