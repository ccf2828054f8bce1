"""From which address a request comes, where proxies stand before a silo. Owns whose word about that is believed.

``X-Forwarded-For`` is a list that every proxy adds to, at its end; anybody can send one. So what a proxy of the
operator's added is believed, and what control says of a client beside a request that it forwards; nobody else is. What
a region says tells its own clients apart, and is kept apart from what others say: whoever took one could else have
somebody's sign-in put off, by failing in the name of their address, and would never be put off itself.
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http.forwarded import CLIENT_HEADER, IS_FORWARDED, region_before
from shared.outgoing.reach import Network

_NETWORK_BITS = 64
"""What a household has of an IPv6 address: the rest is for its owner to choose, each time another."""


class ClientAddress:
    """Requests whose ``client`` is who sent them, not who handed them on. Inside of what proves forwarded requests."""

    def __init__(self, app: ASGIApp, *, proxies: "Proxies") -> None:
        """Args:
        app: sees the requests.
        proxies: whose word counts.
        """
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (IS_FORWARDED in scope or self._proxies.are_before(scope)):
            # Several headers of one name are one list (RFC 9110, 5.3); the first alone could be the client's own.
            said = ",".join(Headers(scope=scope).getlist(CLIENT_HEADER))
            client = self._proxies.find_client(said)
            region = region_before(scope)
            if client is not None and region is not None:
                client = f"{network_of(client)} by {region}"
            if client is not None:
                # Copied: whoever is outside goes on seeing the connection as it is.
                scope = {**scope, "client": (client, 0)}
        await self._app(scope, receive, send)


class Proxies:
    """The operator's own."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        """Args:
        networks: where they stand (``SILO_TRUSTED_PROXIES``).
        """
        self._networks = tuple(networks)
        self.include = lru_cache(maxsize=4096)(self._include)
        """Whether one of them has this address."""

    def are_before(self, scope: Scope) -> bool:
        """Whether one of them sent the request."""
        return bool(self._networks and scope["client"]) and self.include(scope["client"][0])

    def find_client(self, said: str) -> str | None:
        """The last address of the list that is none of theirs, else the first; None where nothing is said.

        What is no address ends the search, too: who comes before it was named by nobody who is believed.
        """
        client = None
        # From the end, where the nearest proxy wrote: what stands before the first stranger is the stranger's word.
        for text in reversed(said.split(",")):
            address = _address_in(text.strip())
            if address is None:
                break
            client = address
            if not self.include(address):
                break
        return client

    def _include(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:  # of a socket that has no address
            return False
        return any(parsed.version == network.version and parsed in network for network in self._networks)


NO_PROXIES = Proxies()


@lru_cache(maxsize=4096)  # asked for every request, and most clients send several
def network_of(address: str) -> str:
    """The address, or as much of it as is one client's."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    # A socket for both kinds shows IPv4 clients so; as IPv6 they would all be one network.
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> _NETWORK_BITS << _NETWORK_BITS))


def _address_in(text: str) -> str | None:
    """The address in ``192.0.2.1``, ``192.0.2.1:80``, ``2001:db8::1`` or ``[2001:db8::1]:80``."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    # More of them are an IPv6 address without a port.
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return None
