"""What bounds a call between silos: its deadline, the deadline of the call that it serves, and open transactions."""

import time
from collections.abc import Callable

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from shared import errors
from shared.database.transaction import in_transaction
from shared.rpc import served
from shared.rpc.keyring import Keyring
from tests.contract.rpc.conftest import World
from tests.contract.rpc.echo import PATIENCE, EchoServicer, EchoStub, noting, texts
from tests.contract.rpc.test_transport_ends import BRIEF, EndlessStream, wait_for_the_end

HELLO = StringValue(value="hello")


def reporting_servicer() -> EchoServicer:
    """Answers with the seconds its caller will wait, and with the request id."""

    def read(*_: object) -> StringValue:
        call = served.current.get() or served.ServedCall()
        return StringValue(value=f"{served.remaining_seconds()} {call.request_id}")

    servicer = EchoServicer()
    servicer.read = read
    return servicer


def two_hops(world: World) -> tuple[EchoStub, list[str]]:
    """A stub on control, which asks a region with a generous timeout; and what the region saw."""
    seen: list[str] = []
    region = EchoStub(world.connect(world.serve(reporting_servicer()).address))
    control = EchoServicer()
    control.read = noting(lambda request, _: seen.append(region.Write(request, timeout=60).value))
    address = world.serve(control, name="control", keys=Keyring.parse("us/a:1")).address
    return EchoStub(world.connect(address, caller="us", name="control", keys=Keyring.parse("control/a:1"))), seen


def test_a_late_answer_is_a_deadline_exceeded(world: World) -> None:
    servicer = EchoServicer()
    servicer.read = wait_for_the_end
    with pytest.raises(errors.DeadlineExceeded):
        world.stub(servicer).Write(HELLO, timeout=BRIEF)


def test_a_call_that_is_given_no_timeout_has_one_all_the_same(world: World) -> None:
    answer = world.stub(reporting_servicer(), default_timeout_seconds=7).Write(HELLO)
    assert 0 < float(answer.value.split()[0]) < 8  # gRPC rounds up on the wire; without the default it were endless


def test_a_stream_has_a_deadline_as_well(world: World) -> None:
    servicer = EchoServicer()
    servicer.count = lambda request, context: iter([wait_for_the_end(request, context)])
    with pytest.raises(errors.DeadlineExceeded):
        texts(world.stub(servicer, default_timeout_seconds=BRIEF).Count(HELLO))


def test_a_deadline_bounds_the_next_hop(world: World) -> None:
    control, seen = two_hops(world)
    control.Write(HELLO, timeout=5)
    assert 0 < float(seen[0].split()[0]) < 6  # as above; the second hop's own default is 10


def test_a_request_id_is_passed_on_to_the_next_hop(world: World) -> None:
    control, seen = two_hops(world)
    control.Write(HELLO, metadata=(("silo-request-id", "trace-1"),))
    assert seen[0].split()[1] == "trace-1"


def test_a_request_id_is_made_where_there_is_none_or_none_that_is_legible(world: World) -> None:
    stub = world.stub(reporting_servicer())
    for metadata in ((), (("silo-request-id", "{not an id}"),)):
        assert len(stub.Write(HELLO, metadata=metadata).value.split()[1]) == 32


def test_nothing_is_sent_when_the_served_call_has_no_time_left(world: World) -> None:
    calls: list[StringValue] = []
    servicer = EchoServicer()
    servicer.read = noting(lambda request, _: calls.append(request))
    stub = world.stub(servicer)
    token = served.current.set(served.ServedCall(deadline=time.monotonic()))
    with pytest.raises(errors.DeadlineExceeded):
        stub.Write(HELLO)
    served.current.reset(token)
    assert calls == []


def test_a_handler_inherits_no_variable_of_its_caller(world: World) -> None:
    servicer = EchoServicer()
    servicer.read = lambda *_: StringValue(value=str(served.current_caller()))
    stub = world.stub(servicer)
    token = served.current.set(served.ServedCall(caller="somebody else"))
    answer = stub.Write(HELLO)
    served.current.reset(token)
    assert answer.value == "control"


def test_a_handler_leaves_no_variable_to_its_caller(world: World) -> None:
    world.stub().Write(HELLO)
    assert (served.current_caller(), served.remaining_seconds()) == ("", None)


@pytest.mark.parametrize(
    "call",
    [
        lambda stub: stub.Read(HELLO),
        lambda stub: stub.Read.future(HELLO),
        lambda stub: stub.Count(HELLO),
        lambda stub: stub.Gather(iter([])),
        lambda stub: stub.Gather.future(iter([])),
        lambda stub: stub.Chat(iter([])),
    ],
)
def test_no_kind_of_call_is_made_inside_a_transaction(world: World, call: Callable[[EchoStub], object]) -> None:
    stub = world.stub()
    token = in_transaction.set(True)
    with pytest.raises(errors.RpcInsideTransaction):
        call(stub)
    in_transaction.reset(token)
    call(stub)


def test_a_cancelled_call_is_typed(world: World) -> None:
    servicer = EchoServicer()
    servicer.read = wait_for_the_end
    future = world.stub(servicer).Read.future(HELLO)
    assert future.cancel()
    with pytest.raises(errors.Cancelled):
        future.result()
    assert (future.cancelled(), future.done(), future.running(), future.is_active()) == (True, True, False, False)


def test_a_cancelled_stream_is_typed_and_its_servicer_learns_of_it(world: World) -> None:
    servicer = EchoServicer()
    servicer.count = endless = EndlessStream()
    call = world.stub(servicer).Count(HELLO)
    next(call)
    call.cancel()
    with pytest.raises(errors.Cancelled):
        next(call)
    assert endless.ended.wait(PATIENCE)
