"""The transports on which one suite runs: in-process on the caller's thread, in-process on an executor, and TCP.

``wire`` is the bare transport, as third-party code uses it; ``world`` is ``serve`` and ``connect``, as the silos do.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import grpc
import pytest

from shared.clock import FrozenClock
from shared.rpc.channel import SiloChannel, connect
from shared.rpc.inprocess import InProcessChannel, InProcessServer
from shared.rpc.keyring import Keyring
from shared.rpc.options import CHANNEL_OPTIONS, SERVER_OPTIONS
from shared.rpc.server import SiloServer, serve
from tests.contract.rpc.echo import EchoServicer, EchoStub, add_echo_servicer_to_server

TRANSPORTS = ("inline", "executor", "tcp")
KEYS = Keyring.parse("control/first:one,control/second:two,us/third:three,service:billing/fourth:four")
"""Of the silo ``us``."""
OWN_KEYS = Keyring.parse("us/first:one,us/second:two")
"""Of control."""


class Wire:
    """A bare server with the echo service, and bare channels to it."""

    def __init__(self, transport: str, closing: ExitStack) -> None:
        self.transport = transport
        self.servicer = EchoServicer()
        self.executor = ThreadPoolExecutor(8)
        closing.callback(self.executor.shutdown, wait=False)
        self._closing = closing

    def serve(self, *interceptors: Any) -> None:
        if self.transport == "tcp":
            self.server = grpc.server(self.executor, interceptors=list(interceptors), options=SERVER_OPTIONS)
            self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        else:
            self.address = f"echo-{uuid4().hex}"
            executor = self.executor if self.transport == "executor" else None
            self.server = InProcessServer(self.address, executor=executor, interceptors=interceptors)
        add_echo_servicer_to_server(self.servicer, self.server)
        self.server.start()
        self._closing.callback(self.server.stop, None)

    def channel(self) -> grpc.Channel:
        tcp = self.transport == "tcp"
        channel: grpc.Channel = (
            grpc.insecure_channel(self.address, options=CHANNEL_OPTIONS) if tcp else InProcessChannel(self.address)
        )
        self._closing.callback(channel.close)
        return channel


class World:
    """Silos on one transport, with one frozen clock, and keys between control and us unless a test says otherwise."""

    def __init__(self, transport: str, closing: ExitStack) -> None:
        self.transport = transport
        self.clock = FrozenClock()
        self._closing = closing
        self._executor = closing.enter_context(ThreadPoolExecutor(8)) if transport == "executor" else None

    def serve(self, servicer: EchoServicer | None = None, *, name: str = "us", **options: Any) -> SiloServer:
        listen = "127.0.0.1:0" if self.transport == "tcp" else f"inprocess:{name}-{uuid4().hex}"
        pairs = [(add_echo_servicer_to_server, servicer or EchoServicer())]
        settings = {"keys": KEYS, "clock": self.clock, "in_process_executor": self._executor, **options}
        server = serve(settings.pop("listen", listen), name=name, servicers=pairs, **settings)
        self._closing.callback(server.stop, grace_seconds=0)
        return server

    def connect(self, address: str, *, caller: str = "control", name: str = "us", **options: Any) -> SiloChannel:
        settings = {"keys": OWN_KEYS, "clock": self.clock, **options}
        return self._closing.enter_context(connect(address, caller=caller, target_name=name, **settings))

    def stub(self, servicer: EchoServicer | None = None, **options: Any) -> EchoStub:
        """A stub on a new server that is called ``us``, as control."""
        return EchoStub(self.connect(self.serve(servicer).address, **options))

    def bare_channel(self, address: str) -> grpc.Channel:
        """A channel that signs nothing."""
        channel: grpc.Channel = (
            grpc.insecure_channel(address)
            if self.transport == "tcp"
            else InProcessChannel(address.removeprefix("inprocess:"))
        )
        self._closing.callback(channel.close)
        return channel


@pytest.fixture(params=TRANSPORTS)
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    with ExitStack() as closing:
        made = Wire(request.param, closing)
        made.serve()
        yield made


@pytest.fixture(params=TRANSPORTS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with ExitStack() as closing:
        yield World(request.param, closing)
