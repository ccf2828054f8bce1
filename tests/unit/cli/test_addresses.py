import contextlib
import socket
from collections.abc import Iterator

import pytest

from shared.cli.local.addresses import FREE_PORTS, HOST, choose_addresses
from shared.errors import ConfigInvalid


@pytest.fixture
def taken_port() -> Iterator[int]:
    with contextlib.closing(socket.create_server((HOST, 0))) as listener:
        yield listener.getsockname()[1]


def test_port_zero_picks_free_and_different_ports() -> None:
    chosen = choose_addresses(("us", "de"), http_port=0)
    ports = [port for address in chosen.values() for port in (address.http_port, address.grpc_port)]
    assert list(chosen) == ["control", "us", "de"]
    assert len(set(ports)) == 6
    assert set(ports) <= set(FREE_PORTS)


def test_the_regions_follow_controls_port() -> None:
    first = choose_addresses((), http_port=0)["control"].http_port
    chosen = choose_addresses(("us", "de"), http_port=first)
    assert [address.http_port for address in chosen.values()] == [first, first + 1, first + 2]


def test_a_port_in_use_is_named_with_the_way_out(taken_port: int) -> None:
    with pytest.raises(ConfigInvalid, match=rf"Port {taken_port}, for control, is in use.*--http-port 0"):
        choose_addresses(("us",), http_port=taken_port)


def test_a_port_without_room_above_it_is_refused() -> None:
    with pytest.raises(ConfigInvalid, match="leaves no room for 2 regions"):
        choose_addresses(("us", "de"), http_port=65_534)


def test_an_address_is_shown_as_others_reach_it() -> None:
    address = choose_addresses((), http_port=0)["control"]
    assert address.url == f"http://127.0.0.1:{address.http_port}"
    assert address.grpc == f"127.0.0.1:{address.grpc_port}"
