"""Who listens on the network can repeat what was said, and gains nothing: not at another server, nor at a new one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import grpc
import pytest

import control_silo.bootstrap
from shared import errors
from shared.domain.peer import CONTROL
from shared.pb.hybridcloud.apps.v1.app_calls_pb2 import GetSentryAppByIdRequest, UpdateSentryAppRequest
from shared.pb.hybridcloud.operations.v1.key_service_pb2 import AddKeyRequest
from shared.peers import nonces
from shared.peers.nonces import SharedNonces
from shared.rpc.inprocess import InProcessChannel
from shared.rpc.metadata import Metadata
from shared.rpc.signature import SKEW_SECONDS, Signer
from shared.rpc.status import from_rpc_error
from tests.keys import OPERATOR, keys_of
from tests.silos import Silos, fresh, running_silos

ADD, READ = "/hybridcloud.operations.v1.KeyService/AddKey", "/hybridcloud.apps.v1.AppService/GetSentryAppById"
RENAME = "/hybridcloud.apps.v1.AppService/UpdateSentryApp"
BODIES = {
    ADD: AddKeyRequest(peer="service:web").SerializeToString(),
    READ: GetSentryAppByIdRequest(id=1).SerializeToString(),
    RENAME: UpdateSentryAppRequest(id=1).SerializeToString(),
}


class Control:
    """Control's servers, and what went over the wire to them."""

    def __init__(self, silos: Silos, closing: ExitStack) -> None:
        self.silos = silos
        self._closing = closing

    def server(self) -> grpc.Channel:
        """A way to another server of control, which starts now and remembers nothing."""
        address = f"inprocess:{fresh('control')}"
        config = self.silos.control_config.model_copy(update={"grpc_listen": address})
        server = control_silo.bootstrap.start_server(self.silos.control, config)
        self._closing.callback(server.stop)
        return InProcessChannel(address.removeprefix("inprocess:"))

    def signed(self, method: str) -> Metadata:
        signer = Signer(keys_of(OPERATOR), caller=OPERATOR, target=CONTROL, clock=self.silos.clock)
        return signer.sign(method, body=BODIES[method])


def send(server: grpc.Channel, method: str, signed: Metadata) -> str:
    """OK, or why it was refused."""
    try:
        server.unary_unary(method, None, None)(BODIES[method], metadata=signed, timeout=10)
    except grpc.RpcError as refused:
        return from_rpc_error(refused).reason
    return "OK"


@pytest.fixture
def control(new_database_url: Callable[[], str]) -> Iterator[Control]:
    with running_silos(new_database_url, regions=()) as silos, ExitStack() as closing:
        yield Control(silos, closing)


@pytest.mark.parametrize("method", BODIES)
def test_a_server_accepts_a_call_once(control: Control, method: str) -> None:
    server, signed = control.server(), control.signed(method)
    assert [send(server, method, signed) for _ in range(2)] == ["OK", "NONCE_REPLAYED"]


@pytest.mark.parametrize("method", [ADD, RENAME])
def test_all_servers_together_accept_once_what_changes_something(control: Control, method: str) -> None:
    servers, signed = [control.server(), control.server()], control.signed(method)
    assert [send(server, method, signed) for server in servers] == ["OK", "NONCE_REPLAYED"]


@pytest.mark.parametrize("method", BODIES)
def test_nothing_is_taken_that_was_stamped_before_the_server_was_there(control: Control, method: str) -> None:
    signed = control.signed(method)
    control.silos.clock.advance(SKEW_SECONDS / 2)
    assert send(control.server(), method, signed) == "SIGNATURE_EXPIRED"


def test_a_stamp_of_the_future_is_not_kept_for_later(control: Control) -> None:
    server = control.server()
    control.silos.clock.advance(SKEW_SECONDS)
    signed = control.signed(READ)
    control.silos.clock.advance(-SKEW_SECONDS)
    assert send(server, READ, signed) == "SIGNATURE_EXPIRED"


def test_what_can_be_accepted_no_more_is_forgotten(control: Control) -> None:
    clock, database = control.silos.clock, control.silos.control.database
    shared, now = SharedNonces(database, clock=clock), int(clock.now().timestamp())
    assert shared.remember("a" * 32, peer="us", stamped_at=now)
    clock.advance(2 * SKEW_SECONDS)
    assert shared.remember("b" * 32, peer="us", stamped_at=now + 2 * SKEW_SECONDS)
    with database.session():
        assert database.rows("SELECT nonce FROM peer_nonce") == [("b" * 32,)]


def test_the_memory_is_bounded(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nonces, "MAX_NONCES", 1)
    clock, database = control.silos.clock, control.silos.control.database
    shared, now = SharedNonces(database, clock=clock), int(clock.now().timestamp())
    assert shared.remember("a" * 32, peer="us", stamped_at=now)
    clock.advance(SKEW_SECONDS / 2)
    with pytest.raises(errors.RateLimited):
        shared.remember("b" * 32, peer="us", stamped_at=now)


def test_a_peer_that_floods_takes_no_other_peers_memory(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nonces, "MAX_PEER_NONCES", 1)
    clock = control.silos.clock
    shared, now = SharedNonces(control.silos.control.database, clock=clock), int(clock.now().timestamp())
    assert shared.remember("a" * 32, peer="de", stamped_at=now)
    with pytest.raises(errors.RateLimited):
        shared.remember("b" * 32, peer="de", stamped_at=now)
    assert shared.remember("c" * 32, peer="us", stamped_at=now)
