"""A silo that comes back under another address, where its name now leads: it is found within seconds."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from shared.errors import SiloUnreachable
from tests.contract.rpc.conftest import World
from tests.contract.rpc.echo import EchoStub
from tests.names import NameServer

FOUND_SECONDS = 5.0
pytestmark = pytest.mark.parametrize("world", ["tcp"], indirect=True)


@pytest.fixture
def names() -> Iterator[NameServer]:
    with closing(NameServer("127.0.0.2")) as names:
        yield names


def read(stub: EchoStub) -> str:
    answer: StringValue = stub.Read(StringValue(value="here"), timeout=1)
    return answer.value


def test_a_silo_that_comes_back_under_another_address_is_found_within_five_seconds(
    world: World, names: NameServer
) -> None:
    before = world.serve(listen="127.0.0.2:0")
    stub = EchoStub(world.connect(f"dns://127.0.0.1:{names.port}/us.test:{before.port}"))
    assert read(stub) == "here"
    before.stop(grace_seconds=0)
    with pytest.raises(SiloUnreachable):
        read(stub)
    names.address = "127.0.0.3"
    world.serve(listen=f"127.0.0.3:{before.port}")
    give_up_at = time.monotonic() + FOUND_SECONDS
    while True:
        try:
            assert read(stub) == "here"
            return
        except SiloUnreachable:
            assert time.monotonic() < give_up_at
