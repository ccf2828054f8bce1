"""Nobody without a key can hold what a peer's call needs: threads, places, the way in. On a real server, over TCP."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.clock import FrozenClock
from shared.domain.peer import PeerKind
from shared.rpc import doorway, health, interceptors
from shared.rpc.channel import connect
from shared.rpc.keyring import Keyring
from shared.rpc.rights import Rights
from shared.rpc.server import DEFAULT_MAX_WORKERS, SiloServer, serve
from tests.contract.rpc.echo import SERVICE, EchoServicer, EchoStub, add_echo_servicer_to_server

OURS, THEIRS = Keyring.parse("control/us-1:secret"), Keyring.parse("us/us-1:secret")
PATIENCE = 5.0
"""How long a peer or a probe may wait at most; on an idle machine they wait a millisecond."""
MADE_UP = {
    "silo-key": "us-1",
    "silo-caller": "control",
    "silo-target": "us",
    "silo-timestamp": "1",
    "silo-nonce": "0" * 32,
    "silo-signature": "0" * 64,
}
STREAMS = {
    "reflection": ("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", {}),
    "health without a message": ("/grpc.health.v1.Health/Check", {}),
    "watching health without a message": ("/grpc.health.v1.Health/Watch", {}),
    "a method with a made-up signature": (f"/{SERVICE}/Read", MADE_UP),
    "a method without a signature": (f"/{SERVICE}/Write", {}),
    "a stream of messages": (f"/{SERVICE}/Chat", MADE_UP),
    "an unserved method": ("/silo.testing.v1.Nobody/Read", MADE_UP),
}
"""What anybody can open and leave open: a method, and what is sent with it."""


class Attacked:
    """A silo called ``us``, its peer control, and strangers."""

    def __init__(self, closing: ExitStack, *, open_reflection: bool = True) -> None:
        self._closing = closing
        clock = FrozenClock()
        servicers = [(add_echo_servicer_to_server, EchoServicer())]
        rights = Rights({SERVICE: (PeerKind.CONTROL,)}, open_reflection=open_reflection)
        self.server: SiloServer = serve(
            "127.0.0.1:0", name="us", keys=OURS, clock=clock, servicers=servicers, rights=rights
        )
        closing.callback(self.server.stop, grace_seconds=0)
        peer = connect(self.server.address, caller="control", target_name="us", keys=THEIRS, clock=clock)
        self._peer = EchoStub(closing.enter_context(peer))

    def stranger(self) -> grpc.Channel:
        """Another connection."""
        channel = grpc.insecure_channel(self.server.address, options=[("grpc.use_local_subchannel_pool", 1)])
        return self._closing.enter_context(channel)

    def open_idle(self, channel: grpc.Channel, method: str, metadata: dict[str, str]) -> Any:
        """A stream of which only the headers are sent."""
        gone = threading.Event()
        self._closing.callback(gone.set)

        def nothing() -> Iterator[bytes]:
            gone.wait()
            yield from ()

        return channel.stream_stream(method, None, None)(nothing(), metadata=tuple(metadata.items()))

    def peer_is_answered(self) -> bool:
        answer: StringValue = self._peer.Read(StringValue(value="hello"), timeout=PATIENCE)
        return answer.value == "hello"

    def probe_is_answered(self) -> bool:
        stub = health_pb2_grpc.HealthStub(self.stranger())
        answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE, wait_for_ready=True)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


@pytest.fixture
def silo() -> Iterator[Attacked]:
    with ExitStack() as closing:
        yield Attacked(closing)


def test_strangers_learn_what_is_served_only_where_that_is_open() -> None:
    with ExitStack() as closing:
        closed = Attacked(closing, open_reflection=False)
        idle = closed.open_idle(closed.stranger(), *STREAMS["reflection"])
        assert idle.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("kind", STREAMS)
def test_idle_streams_of_strangers_stop_nothing(silo: Attacked, kind: str) -> None:
    for channel in [silo.stranger() for _ in range(3)]:
        for _ in range(2 * DEFAULT_MAX_WORKERS):
            silo.open_idle(channel, *STREAMS[kind])
    assert all(silo.peer_is_answered() for _ in range(DEFAULT_MAX_WORKERS))
    assert silo.probe_is_answered()


def test_what_is_refused_never_reaches_a_worker(silo: Attacked) -> None:
    call = silo.stranger().unary_unary(f"/{SERVICE}/Read", None, None)
    with pytest.raises(grpc.RpcError) as refused:
        call(b"", metadata=tuple(MADE_UP.items()), timeout=PATIENCE)
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("rpc-us_")]


def test_a_call_whose_message_does_not_come_is_ended(silo: Attacked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorway, "MESSAGE_SECONDS", 0.0)
    idle = silo.open_idle(silo.stranger(), f"/{SERVICE}/Read", MADE_UP)
    assert idle.code() is not None  # waits for the end


def test_calls_that_wait_for_their_message_are_bounded(silo: Attacked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorway, "MAX_WAITING", 1)
    channel = silo.stranger()
    first, _ = (silo.open_idle(channel, f"/{SERVICE}/Read", {}) for _ in range(2))
    assert first.code() is not None


def test_an_open_stream_has_a_deadline(silo: Attacked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interceptors, "STREAM_SECONDS", 0.0)
    idle = silo.open_idle(silo.stranger(), *STREAMS["reflection"])
    assert idle.code() is not None


def test_watchers_are_bounded(silo: Attacked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "MAX_WATCHERS", 1)
    stub = health_pb2_grpc.HealthStub(silo.stranger())
    first = stub.Watch(health_pb2.HealthCheckRequest())
    assert next(first).status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as refused:
        next(stub.Watch(health_pb2.HealthCheckRequest()))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_watcher_is_sent_away_after_a_while(silo: Attacked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "WATCH_SECONDS", 0.0)
    watched = health_pb2_grpc.HealthStub(silo.stranger()).Watch(health_pb2.HealthCheckRequest())
    with pytest.raises(grpc.RpcError):
        list(watched)
