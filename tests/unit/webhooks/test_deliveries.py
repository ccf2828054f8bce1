import pytest

from shared.pb.hybridcloud.requests.v1 import delivery_pb2
from shared.webhooks.deliveries import state_of, status_of
from shared.webhooks.delivery import DeliveryState


@pytest.mark.parametrize("state", DeliveryState)
def test_every_state_of_a_delivery_has_a_status_on_the_wire(state: DeliveryState) -> None:
    assert state_of(status_of(state)) is state


def test_a_status_that_says_nothing_is_no_state() -> None:
    assert state_of(delivery_pb2.RpcDelivery.STATUS_UNSPECIFIED) is None
