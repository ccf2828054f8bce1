"""An owner that sends what a kind cannot hold: that object alone is refused, with a reason, whatever kind it is."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from control_silo.models.region import OrganizationReplica
from region_silo.models.replica import AppReplica
from shared.category import Category, Owner, number_of, owner_of
from shared.domain.peer import CONTROL
from shared.errors import SiloError
from shared.outbox.apply import MAX_VERSION
from shared.outbox.edition import Edition
from shared.outbox.message import OutboxMessage
from shared.outbox.status import list_destinations
from shared.pb.hybridcloud.replication.v1 import replica_pb2, replica_service_pb2_grpc
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2 as pb
from tests.silos import Silos, fresh

Change = replica_pb2.Change
Spoil = Callable[[Change], object]
EVERY = pytest.mark.parametrize("category", Category)
APPLIED, REJECTED = pb.ChangeResult.OUTCOME_APPLIED, pb.ChangeResult.OUTCOME_REJECTED
VERSION = 50


@dataclass
class Owned:
    """What a test sends: by the silo that owns objects of the category, to one that holds them."""

    silos: Silos
    category: Category

    def send(self, *changes: Change) -> list[pb.ChangeResult]:
        owner, holder = (CONTROL, "us") if owner_of(self.category) is Owner.CONTROL else ("us", CONTROL)
        stub = replica_service_pb2_grpc.ReplicaServiceStub(self.silos.channel(holder, caller=owner))
        return list(stub.ApplyChanges(pb.ApplyChangesRequest(changes=changes)).results)

    def change(self, number: int) -> Change:
        """A change that can be applied, another one for each number."""
        change = Change(category=number_of(self.category), object_id=number, version=VERSION)
        match self.category:
            case Category.APP:
                change.app.sentry_app.id = number
                change.app.components.add(id=number)
            case Category.INSTALLATION:
                change.installation.installation.id = number
                change.installation.installation.uuid, change.installation.installation.status = f"u{number}", "pending"
            case Category.TOKEN:
                change.token.token_hash = f"hash-{number}"
            case Category.CREDENTIAL:
                change.credential.client_secret = "hush"
            case Category.ORGANIZATION:
                self._make_organization(change)
        return change

    def _make_organization(self, change: Change) -> None:
        made: OrganizationReplica = self.silos.create_organization(fresh("acme"), region="us")
        change.object_id = made.id
        state = change.organization.organization
        state.id, state.slug, state.name, state.region_name = made.id, made.slug, "Renamed", "us"


def clear(change: Change, **fields: int) -> None:
    """Sets fields of the change itself, 0 as well."""
    for field, value in fields.items():
        setattr(change, field, value)


def take_another_state(change: Change) -> None:
    other = "token" if change.WhichOneof("state") != "token" else "credential"
    change.ClearField(change.WhichOneof("state"))
    getattr(change, other).SetInParent()


BAD: dict[str, Spoil] = {
    "no id": lambda change: clear(change, object_id=0),
    "an id below all": lambda change: clear(change, object_id=-7),
    "no version": lambda change: clear(change, version=0),
    "a version below all": lambda change: clear(change, version=-1),
    "a version that jumps": lambda change: clear(change, version=2**63 - 1),
    "the first version that is too great": lambda change: clear(change, version=MAX_VERSION + 1),
    "no category": lambda change: clear(change, category=0),
    "a category that there is not": lambda change: clear(change, category=77),
    "another category's state": take_another_state,
}


@EVERY
@pytest.mark.parametrize("bad", BAD)
def test_a_change_that_no_kind_can_hold_is_refused_alone(silos: Silos, category: Category, bad: str) -> None:
    owned = Owned(silos, category)
    before, spoilt, after = (owned.change(900_000 + 10 * list(BAD).index(bad) + number) for number in range(3))
    BAD[bad](spoilt)
    results = owned.send(before, spoilt, after)
    assert [result.outcome for result in results] == [APPLIED, REJECTED, APPLIED]
    # What a later release may know is asked again after an upgrade, so that it is not refused for good.
    assert results[1].reason in {"FIELD_MISSING", "INVALID_INPUT", "VERSION_IMPLAUSIBLE", "CATEGORY_UNKNOWN"}
    assert results[1].message


SPOILT: dict[str, tuple[Category, Spoil]] = {
    "an app's id": (Category.APP, lambda change: setattr(change.app.sentry_app, "id", 1)),
    "a component twice": (Category.APP, lambda change: change.app.components.add(id=change.object_id)),
    "an app of nothing": (Category.APP, lambda change: change.app.Clear()),
    "an installation's id": (Category.INSTALLATION, lambda change: setattr(change.installation.installation, "id", 1)),
    "an installation's status": (
        Category.INSTALLATION,
        lambda change: setattr(change.installation.installation, "status", "nonsense"),
    ),
    "a token without its hash": (Category.TOKEN, lambda change: setattr(change.token, "token_hash", "")),
    "an organization's id": (
        Category.ORGANIZATION,
        lambda change: setattr(change.organization.organization, "id", 1),
    ),
    "an organization's region": (
        Category.ORGANIZATION,
        lambda change: setattr(change.organization.organization, "region_name", "de"),
    ),
    "an organization's name": (
        Category.ORGANIZATION,
        lambda change: setattr(change.organization.organization, "name", "x" * 100_000),
    ),
    "an organization's status": (
        Category.ORGANIZATION,
        lambda change: setattr(change.organization.organization, "status", "nonsense"),
    ),
}
"""By what is wrong, the category and how its state comes to be so."""


@pytest.mark.parametrize("what", SPOILT)
def test_a_state_that_its_kind_cannot_hold_is_refused_alone(silos: Silos, what: str) -> None:
    category, spoil = SPOILT[what]
    owned = Owned(silos, category)
    before, spoilt, after = (owned.change(910_000 + 10 * list(SPOILT).index(what) + number) for number in range(3))
    spoil(spoilt)
    results = owned.send(before, spoilt, after)
    assert [result.outcome for result in results] == [APPLIED, REJECTED, APPLIED]
    assert (results[1].permanent, bool(results[1].reason), bool(results[1].message)) == (True, True, True)


# Of random characters: an index would hold a million times the same one.
TEXT = "".join(random.Random(1).choices("0123456789abcdefghijklmnopqrstuvwxyz", k=4_000_000))
LARGE: dict[Category, Spoil] = {
    Category.APP: lambda change: setattr(change.app.sentry_app, "slug", TEXT),
    Category.INSTALLATION: lambda change: setattr(change.installation.installation, "uuid", TEXT),
    Category.TOKEN: lambda change: setattr(change.token, "token_hash", TEXT),
    Category.CREDENTIAL: lambda change: setattr(change.credential, "client_secret", TEXT),
    Category.ORGANIZATION: lambda change: setattr(change.organization.organization, "name", TEXT),
}


@EVERY
def test_what_is_larger_than_any_state_leaves_the_others_alone(silos: Silos, category: Category) -> None:
    owned = Owned(silos, category)
    before, large, after = (owned.change(920_000 + number) for number in range(3))
    LARGE[category](large)
    results = owned.send(before, large, after)
    assert (results[0].outcome, results[2].outcome) == (APPLIED, APPLIED)
    # Only what is looked up by that text cannot be kept, and that on one engine alone.
    assert results[1].outcome == APPLIED or (results[1].reason, results[1].permanent) == ("INVALID_INPUT", True)


@EVERY
def test_bytes_that_are_no_changes_are_a_typed_error(silos: Silos, category: Category) -> None:
    owned = Owned(silos, category)
    raw = pb.ApplyChangesRequest(changes=[owned.change(930_000)]).SerializeToString()
    owner, holder = (CONTROL, "us") if owner_of(category) is Owner.CONTROL else ("us", CONTROL)
    method = "/hybridcloud.replication.v1.ReplicaService/ApplyChanges"
    call = silos.channel(holder, caller=owner).unary_unary(method, None, pb.ApplyChangesResponse.FromString)
    with pytest.raises(SiloError):
        call(raw[:-1] + b"\xff\xff", timeout=10)


def test_an_edition_that_is_broken_keeps_no_other_back_and_is_shown(silos: Silos) -> None:
    owner, creator = silos.create_organization(fresh("acme"), region="us"), silos.create_user(f"{fresh('m')}@a.example")
    ids = [silos.create_app(fresh("kanban"), owner=owner, creator=creator).id for _ in range(5)]
    kept = (Edition.category == Category.APP) & (Edition.object_id == ids[2])
    with silos.control.database.transaction():
        state = Edition.select().where(kept).get().state
        Edition.update(state=b"\x0a\xff\xff\xff\xff\x0f").where(kept).execute()
    silos.replicate()
    with silos.database("us").session():
        held = {row.id for row in AppReplica.select().where(AppReplica.id.in_(ids))}
    with silos.control.database.session():
        [us] = [each for each in list_destinations(silos.control.database) if each.destination == "us"]
    assert (held, us.failing) == ({*ids} - {ids[2]}, 1)
    assert us.last_error
    with silos.control.database.transaction():
        Edition.update(state=state).where(kept).execute()
        OutboxMessage.delete().where(OutboxMessage.object_id == ids[2]).execute()
