"""Which addresses a silo may call: those of the public internet, and others only by an operator's explicit word.

Where cloud providers keep the credentials of their machines nothing may ever be called, whatever an operator says. Owns
the judgement of an address and of a port. Refuses to know names: a name is judged by every address it leads to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from shared.errors import AddressRefused, ConfigInvalid

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_PRIVATE: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "::1/128",
            "fc00::/7",
        ),
    )
)
"""What ``allow_private`` opens: this machine and the networks behind it."""

_NEVER: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "169.254.0.0/16",  # link-local: metadata of AWS, Google, Azure, Oracle, DigitalOcean and more
            "fe80::/10",  # link-local
            "100.100.100.200/32",  # metadata of Alibaba, among the addresses of carriers
            "168.63.129.16/32",  # the platform of Azure, at a public address
            "fd00:ec2::254/128",  # metadata of AWS, among private addresses
            "fd20:ce::254/128",  # of Google, likewise
            "fd00:42::42/128",  # of Scaleway, likewise
        ),
    )
)
"""What nobody can open: whoever may have a URL called would be handed the machine's credentials."""

_NEVER_PUBLIC: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # protocol assignments
            "192.88.99.0/24",  # 6to4 relays
            "2001::/23",  # protocol assignments, Teredo among them
            "2002::/16",  # 6to4: leads to an IPv4 address of the sender's choice
            "3fff::/20",  # documentation
        ),
    )
)
# All that is handed out of IPv6; what lies outside is special, known to Python or not.
_UNICAST = IPv6Network("2000::/3")
# A gateway turns it into the IPv4 address that its last 32 bits are.
_NAT64 = IPv6Network("64:ff9b::/96")

_REFUSED_PORTS = frozenset(
    {
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95),
        *(101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179),
        *(389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601),
        *(636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000),
        *(6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
    }
)
"""Ports of protocols that can be made to read an HTTP request as their own; browsers call none of them either."""
_MAX_PORT = 65535


@dataclass(frozen=True)
class Reach:
    """How far a silo's calls may go."""

    allow_private: bool = False
    """Loopback and private networks, for development and for apps on one's own network."""
    allowed_networks: tuple[Network, ...] = ()
    """Further networks, but for what lies in them of what can never be called."""

    @classmethod
    def parse(cls, networks: Iterable[str], *, allow_private: bool = False) -> "Reach":
        """Args:
            networks: such as ``10.1.0.0/16`` or ``fd00::/8``; a single address counts as a network of one.
            allow_private: see the field.

        Raises:
            ConfigInvalid: with every text that is no network, or none that may be called.
        """
        parsed = parse_networks(networks)
        for network in parsed:
            # Both ends: a network that only holds such an address among others is fine, and the address stays closed.
            if _is_in(network.network_address, _NEVER) and _is_in(network.broadcast_address, _NEVER):
                raise ConfigInvalid(f"{network} can never be called: machines are given their credentials there.")
        return cls(allow_private=allow_private, allowed_networks=parsed)

    def check_address(self, text: str) -> None:
        """Raises:
        AddressRefused: calls to this address are not allowed.
        """
        # The zone of an IPv6 address (after the %) says through which interface, not to whom.
        address = ip_address(text.partition("%")[0])
        # An IPv6 address can carry an IPv4 one (mapped, NAT64), by which it is judged then: it is itself in no public
        # range. What may never be called is so however it is written.
        spellings = {address, _meant(address)}
        if any(_is_in(each, _NEVER) for each in spellings) or not any(map(self._allows, spellings)):
            raise AddressRefused

    def check_port(self, port: int) -> None:
        """Raises:
        AddressRefused: no app listens on this port.
        """
        if port in _REFUSED_PORTS or not 0 < port <= _MAX_PORT:
            raise AddressRefused

    def _allows(self, address: Address) -> bool:
        if _is_in(address, self.allowed_networks):
            return True
        if _is_in(address, _PRIVATE):
            return self.allow_private
        return _is_public(address)


PUBLIC = Reach()
"""The public internet alone."""


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Args:
        texts: such as ``10.1.0.0/16`` or ``fd00::/8``; a single address counts as a network of one.

    Raises:
        ConfigInvalid: with every text that is no network.
    """
    parsed: list[Network] = []
    wrong = []
    for text in texts:
        try:
            # Strict: 10.1.2.3/16 is more likely a slip than a network.
            parsed.append(ip_network(text.strip()))
        except ValueError:
            wrong.append(text)
    if wrong:
        raise ConfigInvalid(f"Not a network, such as 10.0.0.0/8: {', '.join(map(repr, wrong))}.")
    return tuple(parsed)


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for; any other address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        # The kernel connects ::ffff:a.b.c.d by IPv4, whatever the notation.
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return (
        # Python's registers change with its release; what matters to us stands in our own lists besides.
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not _is_in(address, _NEVER_PUBLIC)
    )


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
