"""A silo's server as seen from outside: its address, its health, its reflection, its trailers, its end."""

from threading import Thread
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from shared import errors
from shared.rpc.channel import SiloChannel
from shared.rpc.retry import RetryPolicy
from shared.rpc.served import add_trailer
from shared.rpc.status import trailers_of
from tests.contract.rpc.conftest import World
from tests.contract.rpc.echo import PATIENCE, SERVICE, EchoServicer, EchoStub, Held, texts

HELLO = StringValue(value="hello")
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


def trailing_servicer(error: Exception | None = None) -> EchoServicer:
    """Adds a trailer to every answer, and then fails if it is given an error."""

    def read(request: StringValue, _: object) -> StringValue:
        add_trailer("silo-consistency-token", "app:1:7")
        add_trailer("second", "2")
        if error is not None:
            raise error
        return request

    servicer = EchoServicer()
    servicer.read = read
    servicer.count = lambda request, context: iter([read(request, context)])
    return servicer


def test_both_transports_give_the_same_type(world: World) -> None:
    assert type(world.connect(world.serve().address)) is SiloChannel


def test_trailers_come_with_the_answer(world: World) -> None:
    _, call = world.stub(trailing_servicer()).Write.with_call(HELLO)
    assert dict(call.trailing_metadata()) == {"silo-consistency-token": "app:1:7", "second": "2"}


def test_trailers_come_with_the_error(world: World) -> None:
    with pytest.raises(errors.SlugTaken) as caught:
        world.stub(trailing_servicer(errors.SlugTaken())).Write(HELLO)
    assert trailers_of(caught.value)["silo-consistency-token"] == "app:1:7"


def test_trailers_come_at_the_end_of_a_stream(world: World) -> None:
    call = world.stub(trailing_servicer()).Count(HELLO)
    assert texts(call) == ["hello"]
    assert dict(call.trailing_metadata())["second"] == "2"


def test_trailers_join_what_the_servicer_set_itself(world: World) -> None:
    servicer = trailing_servicer()
    inner = servicer.read

    def read(request: StringValue, context: grpc.ServicerContext) -> Any:
        context.set_trailing_metadata((("own", "1"),))
        return inner(request, context)

    servicer.read = read
    _, call = world.stub(servicer).Write.with_call(HELLO)
    assert [key for key, _ in call.trailing_metadata()] == ["own", "silo-consistency-token", "second"]


def test_trailers_of_one_call_are_not_those_of_the_next(world: World) -> None:
    stub = world.stub(trailing_servicer())
    stub.Write(HELLO)
    _, call = stub.Write.with_call(HELLO)
    assert len(call.trailing_metadata()) == 2


def test_every_service_is_healthy_by_name(world: World) -> None:
    health = health_pb2_grpc.HealthStub(world.bare_channel(world.serve().address))
    for service in ("", SERVICE):
        assert health.Check(health_pb2.HealthCheckRequest(service=service)).status == SERVING


def test_a_stopping_server_says_so_before_it_is_gone(world: World) -> None:
    server = world.serve()
    health = health_pb2_grpc.HealthStub(world.bare_channel(server.address))
    watched = health.Watch(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
    assert next(watched).status == SERVING
    stopping = Thread(target=server.stop)
    stopping.start()
    assert next(watched).status == NOT_SERVING
    watched.cancel()
    stopping.join(PATIENCE)


def test_a_stopping_server_lets_open_calls_end(world: World) -> None:
    servicer = EchoServicer()
    held = servicer.read = Held()
    server = world.serve(servicer)
    future = EchoStub(world.connect(server.address)).Read.future(HELLO)
    assert held.began.wait(PATIENCE)
    stopping = Thread(target=server.stop)
    stopping.start()
    held.gate.set()
    assert future.result(PATIENCE) == HELLO
    stopping.join(PATIENCE)


@pytest.mark.parametrize("service", ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"])
def test_reflection_lists_the_services_and_describes_them(world: World, service: str) -> None:
    ask = world.connect(world.serve().address).stream_stream(
        f"/{service}/ServerReflectionInfo",
        reflection_pb2.ServerReflectionRequest.SerializeToString,
        reflection_pb2.ServerReflectionResponse.FromString,
    )
    asked = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol=SERVICE),
    ]
    listed, described = ask(iter(asked))
    names = {each.name for each in listed.list_services_response.service}
    assert names >= {SERVICE, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
    assert len(described.file_descriptor_response.file_descriptor_proto) == 2


def test_an_address_in_use_is_named(world: World) -> None:
    address = world.serve().address
    with pytest.raises(errors.ConfigInvalid, match=address):
        world.serve(listen=address)


def test_an_address_is_free_after_its_server_stopped(world: World) -> None:
    server = world.serve()
    server.stop()
    assert EchoStub(world.connect(world.serve(listen=server.address).address)).Read(HELLO) == HELLO


def test_a_returning_silo_is_found_again_by_the_same_channel(world: World) -> None:
    server = world.serve()
    stub = EchoStub(world.connect(server.address, retry=RetryPolicy(max_attempts=1)))
    server.stop()
    with pytest.raises(errors.SiloUnreachable):
        stub.Read(HELLO)
    world.serve(listen=server.address)
    assert stub.Read(HELLO, wait_for_ready=True, timeout=5) == HELLO


def test_the_end_of_a_server_can_be_waited_for(world: World) -> None:
    with world.serve() as server:
        assert server.wait(timeout_seconds=0) is False
    assert server.wait(timeout_seconds=10) is True
    server.stop()  # again, without harm


def test_a_server_that_stops_ends_calls_that_outlast_its_grace(world: World) -> None:
    servicer = EchoServicer()
    held = servicer.read = Held()
    server = world.serve(servicer)
    future = EchoStub(world.connect(server.address)).Read.future(HELLO)
    assert held.began.wait(PATIENCE)
    server.stop(grace_seconds=0.05)
    assert isinstance(future.exception(10), errors.Unavailable | errors.Cancelled)
    held.gate.set()


@pytest.mark.parametrize("target", ["", "localhost", "inprocess:", ":50051"])
def test_a_target_of_no_known_form_is_refused(world: World, target: str) -> None:
    with pytest.raises(errors.ConfigInvalid, match=r"neither host:port nor inprocess:<name>"):
        world.connect(target)
