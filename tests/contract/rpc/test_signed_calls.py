"""Who may call at all: signed for this silo, by a known key, now, and for the first time."""

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared import errors
from shared.clock import FrozenClock
from shared.rpc.keyring import Keyring
from shared.rpc.metadata import Metadata
from shared.rpc.served import current_caller
from shared.rpc.signature import Signer
from shared.rpc.status import from_rpc_error
from tests.contract.rpc.conftest import OWN_KEYS, World
from tests.contract.rpc.echo import SERVICE, EchoServicer, EchoStub

BODY = StringValue(value="hello").SerializeToString()
WRITE = f"/{SERVICE}/Write"


class Forger:
    """Sends what it likes, signed as it likes, to a silo called ``us``."""

    def __init__(self, world: World) -> None:
        self.clock = world.clock
        self._channel = world.bare_channel(world.serve().address)

    def sign(
        self,
        *,
        keys: Keyring = OWN_KEYS,
        caller: str = "control",
        target: str = "us",
        method: str = WRITE,
        body: bytes = BODY,
    ) -> Metadata:
        return Signer(keys, caller=caller, target=target, clock=self.clock).sign(method, body=body)

    def send(self, metadata: Metadata, *, body: bytes = BODY) -> type[Exception] | None:
        """The class of the refusal; None when the call was answered."""
        try:
            self._channel.unary_unary(WRITE, None, None)(body, metadata=metadata, timeout=10)
        except grpc.RpcError as exc:
            return type(from_rpc_error(exc))
        return None


@pytest.fixture
def forger(world: World) -> Forger:
    return Forger(world)


def test_a_signed_call_is_answered(forger: Forger) -> None:
    assert forger.send(forger.sign()) is None


def test_an_unsigned_call_is_refused(forger: Forger) -> None:
    assert forger.send(()) is errors.SignatureMissing


@pytest.mark.parametrize("absent", range(6))
def test_each_entry_of_the_signature_is_required(forger: Forger, absent: int) -> None:
    signed = forger.sign()
    assert forger.send((*signed[:absent], *signed[absent + 1 :])) is errors.SignatureMissing


def test_another_secret_under_a_known_id_is_refused(forger: Forger) -> None:
    assert forger.send(forger.sign(keys=Keyring.parse("us/first:guessed"))) is errors.SignatureInvalid


def test_an_unknown_key_is_refused(forger: Forger) -> None:
    assert forger.send(forger.sign(keys=Keyring.parse("us/fifth:one"))) is errors.KeyUnknown


def test_a_call_for_another_silo_is_refused(forger: Forger) -> None:
    assert forger.send(forger.sign(keys=Keyring.parse("de/first:one"), target="de")) is errors.TargetWrong


def test_another_body_is_refused(forger: Forger) -> None:
    assert forger.send(forger.sign(), body=BODY + b"\x00") is errors.SignatureInvalid


def test_a_signature_for_another_method_is_refused(forger: Forger) -> None:
    assert forger.send(forger.sign(method=f"/{SERVICE}/Read")) is errors.SignatureInvalid


@pytest.mark.parametrize("key", ["silo-caller", "silo-target", "silo-timestamp", "silo-nonce", "silo-signature"])
def test_no_entry_can_be_changed(forger: Forger, key: str) -> None:
    entries = dict(forger.sign())
    entries[key] = {"silo-caller": "us", "silo-target": "de"}.get(key, str(entries[key])[::-1])
    assert forger.send(tuple(entries.items())) is errors.SignatureInvalid


@pytest.mark.parametrize(("seconds", "refusal"), [(60, None), (61, errors.SignatureExpired)])
def test_a_signature_ages(forger: Forger, seconds: int, refusal: type[Exception] | None) -> None:
    signed = forger.sign()
    forger.clock.advance(seconds)
    assert forger.send(signed) is refusal


@pytest.mark.parametrize(("seconds", "refusal"), [(-5, None), (-6, errors.SignatureExpired)])
def test_a_signature_from_the_future_is_refused(forger: Forger, seconds: int, refusal: type[Exception] | None) -> None:
    signed = forger.sign()
    forger.clock.advance(seconds)
    assert forger.send(signed) is refusal


@pytest.mark.parametrize("seconds", [0, 30, 60])
def test_a_replayed_call_is_refused_as_long_as_it_would_be_accepted(forger: Forger, seconds: int) -> None:
    signed = forger.sign()
    assert forger.send(signed) is None
    forger.clock.advance(seconds)
    assert forger.send(signed) is errors.NonceReplayed


def test_a_refused_call_does_not_use_up_its_nonce(forger: Forger) -> None:
    signed = forger.sign()
    assert forger.send(signed, body=b"") is errors.SignatureInvalid
    assert forger.send(signed) is None


def test_keys_rotate_without_downtime(world: World) -> None:
    old, both, new = (Keyring.parse(text) for text in ("us/a:1", "us/b:2,us/a:1", "us/b:2"))
    address = world.serve(keys=Keyring.parse("control/b:2,control/a:1")).address
    for keys in (old, both, new):
        EchoStub(world.connect(address, keys=keys)).Write(StringValue())
    with pytest.raises(errors.KeyUnknown):
        EchoStub(world.connect(world.serve(keys=Keyring.parse("control/a:1")).address, keys=new)).Write(StringValue())


@pytest.mark.parametrize("caller", ["de", "service:billing", "operator:cli", "us", "nobody at all"])
def test_a_key_speaks_for_the_peer_that_it_is_shared_with_alone(forger: Forger, caller: str) -> None:
    assert forger.send(forger.sign(caller=caller)) is errors.CallerWrong


def test_every_kind_of_call_knows_its_caller(world: World) -> None:
    servicer = EchoServicer()
    servicer.read = servicer.gather = lambda *_: StringValue(value=current_caller())
    servicer.count = servicer.chat = lambda *_: iter([StringValue(value=current_caller())])
    stub = world.stub(servicer, caller="service:billing", keys=Keyring.parse("us/fourth:four"))
    request = StringValue(value="1")
    answers = (stub.Read(request), next(stub.Count(request)), stub.Gather(iter([])), next(stub.Chat(iter([]))))
    assert {answer.value for answer in answers} == {"service:billing"}


def test_an_unsigned_stream_is_refused(world: World) -> None:
    stub = EchoStub(world.bare_channel(world.serve().address))
    for answer in (
        lambda: next(stub.Count(StringValue())),
        lambda: stub.Gather(iter([])),
        stub.Chat(iter([])).__next__,
    ):
        with pytest.raises(grpc.RpcError) as caught:
            answer()
        assert type(from_rpc_error(caught.value)) is errors.SignatureMissing


def test_the_body_of_a_request_stream_is_the_empty_string(world: World) -> None:
    gather = f"/{SERVICE}/Gather"
    signed = Signer(OWN_KEYS, caller="control", target="us", clock=world.clock).sign(gather, body=b"")
    raw = world.bare_channel(world.serve().address).stream_unary(gather, None, None)
    assert raw(iter([BODY]), metadata=signed) == BODY


def test_health_needs_no_signature(world: World) -> None:
    health = health_pb2_grpc.HealthStub(world.bare_channel(world.serve().address))
    assert health.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING


def test_the_callers_clock_may_be_a_little_ahead(world: World) -> None:
    ahead = FrozenClock()
    ahead.advance(5)
    assert EchoStub(world.connect(world.serve().address, clock=ahead)).Write(StringValue()) == StringValue()


def test_nothing_is_taken_that_was_stamped_before_the_server_could_remember_it(world: World) -> None:
    early = FrozenClock()
    world.clock.advance(10)
    address = world.serve().address
    with pytest.raises(errors.SignatureExpired):
        EchoStub(world.connect(address, clock=early)).Write(StringValue())
