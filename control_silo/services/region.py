"""The directory of regions: who they are and where they listen. A region writes its own entry, and only that."""

import hmac
import re

import peewee

from control_silo.models.app import SentryApp
from control_silo.models.region import RegisteredRegion
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
_IDENTITY = re.compile(r"[0-9a-f]{32}")


def register_region(
    control: Control, *, name: str, grpc_address: str, http_address: str, identity: str
) -> list[RegisteredRegion]:
    """Adds a region or moves it to new addresses, and answers the whole directory.

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
            if region is None:
                region = RegisteredRegion(name=name, identity=identity)
            # The key alone does not give a name away: another database would answer for the region with nothing in it.
            elif not hmac.compare_digest(region.identity, identity):
                raise RegionNameTaken(
                    f"Another database is registered as the region {name!r}: use that one, or another REGION_NAME.",
                    metadata={"region": name},
                )
            region.grpc_address, region.http_address = grpc_address, http_address
            # At each start of a region: the directory tells when it was last heard of.
            region.registered_at = control.clock.now()
            # Never another one: ids that the region has made say this number for ever.
            region.number = region.number or _next_number()
            region.save(force_insert=is_new)
            # It may have come back with an older copy of its database, of which no message tells.
            want_comparison(tx, name)
            # A region that only moved has kept its replicas, and its messages wait for it.
            if is_new:
                # An app that is being published in another transaction does not see the new region, nor this one that
                # app. So wait for such transactions; those that begin later see the region.
                await_writers(tx, SentryApp)
                tell_new_destination(tx, name, owned_by(Owner.CONTROL))
                announce_destination(tx)
            return list(RegisteredRegion.select().order_by(RegisteredRegion.name))
    except peewee.IntegrityError as exc:
        raise DatabaseBusy("Another region registered at the same moment.") from exc


def list_regions(control: Control) -> list[RegisteredRegion]:
    """Every registered region, by name."""
    with control.database.session():
        return list(RegisteredRegion.select().order_by(RegisteredRegion.name))


def _next_number() -> int:
    number = int(RegisteredRegion.select(peewee.fn.MAX(RegisteredRegion.number)).scalar() or 0) + 1
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
