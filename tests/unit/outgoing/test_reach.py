from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis.strategies import ip_addresses

from shared.errors import AddressRefused, ConfigInvalid
from shared.outgoing.reach import Reach

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = ["127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd00::1"]
PRIVATE_IN_DISGUISE = ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"]
NEVER = [
    "0.0.0.0",  # noqa: S104 - called, not bound
    "169.254.169.254",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "192.0.0.9",
    "192.88.99.1",
    "3fff::1",
    "::",
    "::7f00:1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "100::1",
]


def is_allowed(reach: Reach, address: str) -> bool:
    try:
        reach.check_address(address)
    except AddressRefused:
        return False
    return True


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_public_internet_are_allowed(address: str) -> None:
    assert is_allowed(Reach(), address)


@pytest.mark.parametrize("address", PRIVATE + PRIVATE_IN_DISGUISE + NEVER)
def test_every_other_address_is_refused(address: str) -> None:
    assert not is_allowed(Reach(), address)


@pytest.mark.parametrize("address", PRIVATE + PRIVATE_IN_DISGUISE)
def test_private_addresses_are_allowed_where_an_operator_says_so(address: str) -> None:
    assert is_allowed(Reach(allow_private=True), address)


@pytest.mark.parametrize("address", NEVER)
def test_allowing_private_addresses_opens_no_others(address: str) -> None:
    assert not is_allowed(Reach(allow_private=True), address)


@pytest.mark.parametrize("address", ["192.0.0.9", "192.88.99.1", "2001:20::1", "2002:808:808::1", "3fff::1"])
def test_an_address_is_not_public_because_a_newer_python_says_so(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(type(ip_address(address)), "is_global", True)
    assert not is_allowed(Reach(allow_private=True), address)


def test_a_named_network_is_allowed_and_its_neighbours_are_not() -> None:
    reach = Reach.parse(["10.1.0.0/16", " fd00:1::/32 ", "192.0.2.7"])
    allowed = ["10.1.2.3", "::ffff:10.1.2.3", "fd00:1::9", "192.0.2.7"]
    refused = ["10.2.0.1", "fd00:2::9", "169.254.169.254", "127.0.0.1"]
    assert [is_allowed(reach, address) for address in allowed + refused] == [True] * 4 + [False] * 4


def test_every_text_that_is_no_network_is_named() -> None:
    with pytest.raises(ConfigInvalid, match=r"'10\.0\.0\.0/33', 'localhost'"):
        Reach.parse(["10.0.0.0/33", "10.0.0.0/8", "localhost"])


@given(ip_addresses(v=4))
def test_an_address_is_judged_the_same_however_it_is_embedded(address: object) -> None:
    assert is_allowed(Reach(), f"::ffff:{address}") == is_allowed(Reach(), str(address))


@given(ip_addresses())
def test_no_address_is_beyond_judgement(address: object) -> None:
    assert is_allowed(Reach(), str(address)) <= is_allowed(Reach(allow_private=True), str(address))


@pytest.mark.parametrize("port", [80, 443, 3000, 8000, 8443, 32768, 65535])
def test_ports_that_apps_listen_on_are_allowed(port: int) -> None:
    Reach().check_port(port)


BAD_PORTS = """
    0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123
    135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 995
    1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080
"""
"""The "bad ports" of the Fetch standard."""


@pytest.mark.parametrize("port", [-1, *map(int, BAD_PORTS.split()), 65536, 99999])
def test_ports_of_other_protocols_are_refused(port: int) -> None:
    with pytest.raises(AddressRefused):
        Reach(allow_private=True).check_port(port)


METADATA = [
    *("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16"),
    *("fd00:ec2::254", "fd20:ce::254", "fd00:42::42", "fe80::a9fe:a9fe", "fe80::1%eth0"),
    *("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "::ffff:100.100.100.200"),
]
"""Where cloud providers give their machines credentials."""


@pytest.mark.parametrize("address", METADATA)
@pytest.mark.parametrize("reach", [Reach(), Reach(allow_private=True), Reach.parse(["0.0.0.0/0", "::/0"])])
def test_nobody_can_open_the_addresses_of_metadata(reach: Reach, address: str) -> None:
    with pytest.raises(AddressRefused):
        reach.check_address(address)


@pytest.mark.parametrize("network", ["169.254.169.254", "169.254.0.0/16", "fd00:ec2::254", "100.100.100.200/32"])
def test_a_network_that_can_never_be_called_is_refused_at_the_start(network: str) -> None:
    with pytest.raises(ConfigInvalid, match="can never be called"):
        Reach.parse([network])
