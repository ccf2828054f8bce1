"""What is particular to the in-process transport; what it shares with TCP is proved by the contract suite."""

import doctest
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from threading import Event, current_thread
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from shared.errors import ConfigInvalid
from shared.rpc import inprocess
from shared.rpc.inprocess import InProcessChannel, InProcessServer
from tests.contract.rpc.echo import EchoServicer, EchoStub, add_echo_servicer_to_server, noting

HELLO = StringValue(value="hello")


@pytest.fixture
def served() -> Iterator[Any]:
    """A running server, its servicer, and a stub on it."""
    server, servicer = InProcessServer(f"echo-{uuid4().hex}"), EchoServicer()
    add_echo_servicer_to_server(servicer, server)
    server.start()
    with InProcessChannel(server.name) as channel:
        yield SimpleNamespace(server=server, servicer=servicer, channel=channel, stub=EchoStub(channel))
    server.stop()


def test_the_example_in_the_documentation_runs() -> None:
    outcome = doctest.testmod(inprocess)
    assert (outcome.failed, outcome.attempted > 5) == (0, True)


def test_a_unary_handler_runs_on_its_callers_thread(served: Any) -> None:
    threads = []
    served.servicer.read = noting(lambda *_: threads.append(current_thread()))
    served.stub.Read(HELLO)
    assert threads == [current_thread()]


def test_a_handler_sees_no_context_variable_of_its_caller(served: Any) -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")
    served.servicer.read = lambda *_: StringValue(value=variable.get())
    token = variable.set("set")
    assert served.stub.Read(HELLO).value == "unset"
    variable.reset(token)


def test_an_interceptor_and_its_handler_share_a_context() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")

    class Setting(grpc.ServerInterceptor):  # type: ignore[type-arg]
        def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
            variable.set("set")
            return continuation(handler_call_details)

    server, servicer = InProcessServer("context", interceptors=[Setting()]), EchoServicer()
    servicer.read = lambda *_: StringValue(value=variable.get())
    add_echo_servicer_to_server(servicer, server)
    server.start()
    assert EchoStub(InProcessChannel("context")).Read(HELLO).value == "set"
    server.stop()


def test_a_stop_of_the_callers_thread_passes_through_and_ends_the_call(served: Any) -> None:
    def interrupt(*_: Any) -> StringValue:
        raise KeyboardInterrupt

    served.servicer.read = interrupt
    with pytest.raises(KeyboardInterrupt):
        served.stub.Read(HELLO)
    assert served.server.stop(10).is_set()


def test_a_name_is_served_once(served: Any) -> None:
    second = InProcessServer(served.server.name)
    with pytest.raises(ConfigInvalid, match=served.server.name):
        second.start()
    served.server.stop()
    second.start()
    second.stop()


def test_a_server_starts_once(served: Any) -> None:
    with pytest.raises(ValueError, match="already-started"):
        served.server.start()


def test_a_server_has_no_port(served: Any) -> None:
    with pytest.raises(NotImplementedError):
        served.server.add_insecure_port("localhost:0")


def test_a_call_may_wait_for_its_server() -> None:
    server = InProcessServer(f"late-{uuid4().hex}")
    add_echo_servicer_to_server(EchoServicer(), server)
    with InProcessChannel(server.name) as channel, ThreadPoolExecutor() as threads:
        waiting = threads.submit(EchoStub(channel).Read, HELLO, timeout=10, wait_for_ready=True)
        server.start()
        assert waiting.result() == HELLO
    server.stop()


def test_a_call_waits_for_its_server_no_longer_than_its_deadline() -> None:
    with pytest.raises(grpc.RpcError) as caught:
        EchoStub(InProcessChannel("nowhere")).Read(HELLO, timeout=0.01, wait_for_ready=True)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_name_that_is_not_served_is_unavailable() -> None:
    with pytest.raises(grpc.RpcError, match="nothing is served at inprocess:nowhere") as caught:
        EchoStub(InProcessChannel("nowhere")).Read(HELLO)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_listeners_learn_when_a_name_is_served_and_when_not() -> None:
    seen: list[grpc.ChannelConnectivity] = []
    server, channel = InProcessServer("watched"), InProcessChannel("watched")
    channel.subscribe(seen.append)
    server.start()
    server.stop()
    channel.unsubscribe(seen.append)
    states = grpc.ChannelConnectivity
    assert seen == [states.IDLE, states.READY, states.TRANSIENT_FAILURE]


def test_a_deadline_rings_for_a_handler_on_its_callers_thread(served: Any) -> None:
    rung = Event()

    def read(request: StringValue, context: Any) -> StringValue:
        context.add_callback(rung.set)
        assert rung.wait(10)
        assert not context.is_active()
        return request

    served.servicer.read = read
    with pytest.raises(grpc.RpcError) as caught:
        served.stub.Read(HELLO, timeout=0.01)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_call_without_a_deadline_has_no_time_remaining(served: Any) -> None:
    seen = []
    served.servicer.read = noting(lambda _, context: seen.append(context.time_remaining()))
    served.stub.Read(HELLO)
    assert seen == [None]


def test_a_failing_callback_harms_nobody(served: Any, caplog: pytest.LogCaptureFixture) -> None:
    served.servicer.read = noting(lambda _, context: context.add_callback(lambda: 1 / 0))
    assert served.stub.Read(HELLO) == HELLO
    assert "ZeroDivisionError" in caplog.text


def test_a_method_of_another_kind_is_unimplemented(served: Any) -> None:
    wrong = served.channel.unary_unary("/silo.testing.v1.Echo/Count", StringValue.SerializeToString)
    with pytest.raises(grpc.RpcError) as caught:
        wrong(HELLO)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_an_executor_that_is_shut_down_is_unavailable() -> None:
    executor = ThreadPoolExecutor()
    server = InProcessServer("shut-down", executor=executor)
    server.start()
    executor.shutdown()
    with pytest.raises(grpc.RpcError) as caught:
        EchoStub(InProcessChannel("shut-down")).Read(HELLO)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    server.stop()


def test_a_server_may_be_replaced_under_its_channel(served: Any) -> None:
    served.server.stop()
    again = InProcessServer(served.server.name)
    add_echo_servicer_to_server(EchoServicer(), again)
    again.start()
    assert served.stub.Read(HELLO) == HELLO
    again.stop()
