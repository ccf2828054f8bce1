"""What gRPC dials when the addresses of a host are known already, so that it looks nothing up itself."""

from collections.abc import Iterable
from ipaddress import IPv4Address, ip_address


def target_of(addresses: Iterable[str], port: int) -> str:
    """The target of these addresses, tried in their order.

    >>> target_of(["192.0.2.1", "192.0.2.2"], 443)
    'ipv4:192.0.2.1:443,192.0.2.2:443'
    >>> target_of(["2001:db8::1", "192.0.2.1"], 443)
    'ipv6:[2001:db8::1]:443,[::ffff:192.0.2.1]:443'
    """
    parsed = [ip_address(text) for text in addresses]
    if all(isinstance(address, IPv4Address) for address in parsed):
        return "ipv4:" + ",".join(f"{address}:{port}" for address in parsed)
    # One target has addresses of one family; an IPv4 address has a spelling among the others.
    spelled = [f"::ffff:{address}" if isinstance(address, IPv4Address) else str(address) for address in parsed]
    return "ipv6:" + ",".join(f"[{text}]:{port}" for text in spelled)
