import socket

import pytest

from shared.errors import ConfigInvalid
from shared.rpc.address import in_process_name, require_free


def test_both_forms_are_told_apart() -> None:
    assert in_process_name("inprocess:us") == "us"
    assert in_process_name("127.0.0.1:50051") is None
    assert in_process_name("[::1]:50051") is None


@pytest.mark.parametrize("address", ["", ":", "us", "inprocess:", ":50051", "localhost:"])
def test_an_address_of_neither_form_is_refused(address: str) -> None:
    with pytest.raises(ConfigInvalid, match=r"neither host:port nor inprocess:<name>"):
        in_process_name(address)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1:65536", "not a number from 0 to 65535"),
        ("127.0.0.1:http", "not a number from 0 to 65535"),
        ("127.0.0.1:-1", "not a number from 0 to 65535"),
        ("not a host:0", "the host is not known"),
        ("203.0.113.1:0", "cannot assign requested address"),
    ],
)
def test_what_cannot_be_listened_on_is_said_with_its_reason(address: str, reason: str) -> None:
    with pytest.raises(ConfigInvalid, match=reason) as caught:
        require_free(address)
    assert caught.value.metadata == {"address": address}


def test_a_port_in_use_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ConfigInvalid, match=f"Cannot listen on {address}: it is in use"):
            require_free(address)
    require_free(address)
