import time

import pytest

from shared.database.transaction import in_transaction, refuse_inside_transaction
from shared.errors import RpcInsideTransaction
from shared.rpc import served


def test_outside_a_call_nothing_is_known_and_trailers_go_nowhere() -> None:
    served.add_trailer("key", "value")
    assert (served.current_caller(), served.remaining_seconds()) == ("", None)


@pytest.mark.parametrize(("key", "value"), [("Upper", "x"), ("key", "ümlaut"), ("key-bin", "text")])
def test_a_trailer_that_could_not_travel_is_refused_where_it_is_added(key: str, value: str) -> None:
    token = served.current.set(served.ServedCall())
    with pytest.raises(ValueError, match="metadata was invalid"):
        served.add_trailer(key, value)
    served.current.reset(token)


def test_the_remaining_time_is_never_negative() -> None:
    token = served.current.set(served.ServedCall(deadline=time.monotonic() - 1))
    assert served.remaining_seconds() == 0
    served.current.reset(token)


def test_a_transaction_is_named_with_the_method_that_would_be_called() -> None:
    refuse_inside_transaction("/a.B/C")
    token = in_transaction.set(True)
    with pytest.raises(RpcInsideTransaction) as caught:
        refuse_inside_transaction("/a.B/C")
    in_transaction.reset(token)
    assert caught.value.metadata == {"method": "/a.B/C"}
