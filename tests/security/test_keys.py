"""Keys of peers come and go while a silo runs: a region is let in by invitation, and a revoked key ends at once."""

from collections.abc import Callable, Iterator

import pytest

from shared.domain.peer import CONTROL
from shared.errors import CallerNotOwner, CallerWrong, KeyNotFound, KeyUnknown, SiloUnreachable
from shared.pb.hybridcloud.operations.v1 import key_service_pb2 as pb
from shared.pb.hybridcloud.operations.v1.key_service_pb2_grpc import KeyServiceStub
from shared.pb.hybridcloud.operations.v1.outbox_service_pb2 import GetStatusRequest
from shared.pb.hybridcloud.operations.v1.outbox_service_pb2_grpc import OutboxServiceStub
from shared.pb.hybridcloud.operations.v1.topology_service_pb2 import RegisterRegionRequest
from shared.pb.hybridcloud.operations.v1.topology_service_pb2_grpc import TopologyServiceStub
from shared.peers.keys import PeerKeys
from shared.peers.schema import PeerKey
from shared.rpc.keyring import Key, Keyring
from tests.keys import OPERATOR, OPERATOR_KEY, SEAL_KEY, keys_of, shared_key
from tests.silos import Silos, running_silos

ANN = "operator:ann"
NEW = "singapore"


@pytest.fixture
def silos(new_database_url: Callable[[], str]) -> Iterator[Silos]:
    with running_silos(new_database_url, regions=("us",)) as silos:
        yield silos


def other_process(silos: Silos, *, seal_key: str | None = SEAL_KEY) -> PeerKeys:
    """Control's keys as another process of control knows them."""
    keys = PeerKeys(keys_of(CONTROL), silos.control.database, seal_key=seal_key, clock=silos.clock)
    keys.look()
    return keys


def keys(silos: Silos) -> KeyServiceStub:
    return KeyServiceStub(silos.channel(CONTROL))


def added(silos: Silos, peer: str) -> Key:
    made = keys(silos).AddKey(pb.AddKeyRequest(peer=peer))
    assert made.in_force
    return Key(peer=peer, id=made.key_id, secret=made.secret.encode())


def ask_as(silos: Silos, key: Key) -> str:
    """What control answers to an operator with that one key: its own name."""
    channel = silos.channel(CONTROL, caller=key.peer, keys=Keyring([key]))
    return str(OutboxServiceStub(channel).GetStatus(GetStatusRequest()).silo)


def register(silos: Silos, name: str, *, by: str, key: Key) -> None:
    own = Keyring([Key(peer=CONTROL, id=key.id, secret=key.secret)])
    request = RegisterRegionRequest(
        name=name, grpc_address="127.0.0.1:50061", http_address="127.0.0.1:8001", identity="0" * 32
    )
    TopologyServiceStub(silos.channel(CONTROL, caller=by, keys=own)).RegisterRegion(request)


def test_a_key_that_was_added_is_good_without_a_restart(silos: Silos) -> None:
    assert ask_as(silos, added(silos, ANN)) == CONTROL


def test_every_process_of_a_silo_learns_of_it(silos: Silos) -> None:
    key = added(silos, ANN)
    assert other_process(silos).find(key.id) == key


def test_a_revoked_key_ends_at_once(silos: Silos) -> None:
    key, elsewhere = added(silos, ANN), other_process(silos)
    keys(silos).RevokeKey(pb.RevokeKeyRequest(peer=ANN, key_id=key.id))
    with pytest.raises(KeyUnknown):
        ask_as(silos, key)
    elsewhere.look()
    assert elsewhere.find(key.id) is None


def test_a_key_of_the_environment_can_be_revoked_too(silos: Silos) -> None:
    ann = added(silos, ANN)
    keys(silos).RevokeKey(pb.RevokeKeyRequest(peer=OPERATOR, key_id=OPERATOR_KEY.id))
    with pytest.raises(KeyUnknown):
        keys(silos).ListKeys(pb.ListKeysRequest())
    assert ask_as(silos, ann) == CONTROL


def test_a_key_is_revoked_by_its_peer_and_its_id(silos: Silos) -> None:
    for peer, key_id in (("us", "nothing"), ("de", shared_key(CONTROL, "us").id)):
        with pytest.raises(KeyNotFound):
            keys(silos).RevokeKey(pb.RevokeKeyRequest(peer=peer, key_id=key_id))


def test_a_new_key_signs_once_the_old_one_is_gone(silos: Silos) -> None:
    old, new = shared_key(CONTROL, "us"), added(silos, "us")
    assert silos.control.keys.signing("us") == old
    keys(silos).RevokeKey(pb.RevokeKeyRequest(peer="us", key_id=old.id))
    assert silos.control.keys.signing("us") == new


def test_nothing_is_signed_for_a_peer_whose_last_key_was_revoked(silos: Silos) -> None:
    keys(silos).RevokeKey(pb.RevokeKeyRequest(peer="us", key_id=shared_key(CONTROL, "us").id))
    with pytest.raises(SiloUnreachable):
        silos.control.keys.signing("us")


def test_a_copied_database_gives_no_key(silos: Silos) -> None:
    key = added(silos, ANN)
    with silos.control.database.session():
        (row,) = PeerKey.select()
    assert key.secret.decode() not in str(row.sealed)
    assert other_process(silos, seal_key="0f" * 32).find(key.id) is None


def test_secrets_are_shown_once(silos: Silos) -> None:
    key = added(silos, ANN)
    assert key.secret.decode() not in str(keys(silos).ListKeys(pb.ListKeysRequest()))


def test_an_invited_region_registers_under_its_own_name_alone(silos: Silos) -> None:
    key = added(silos, NEW)
    with pytest.raises(CallerNotOwner):
        register(silos, "tokyo", by=NEW, key=key)
    register(silos, NEW, by=NEW, key=key)
    assert NEW in silos.control.regions.list_names()


def test_a_free_name_is_nobodys_without_its_key(silos: Silos) -> None:
    with pytest.raises(CallerWrong):
        register(silos, NEW, by=NEW, key=shared_key("us", CONTROL))
    assert NEW not in silos.control.regions.list_names()
