"""Where a silo listens and is called: the forms of an address.

Owns what is one. Refuses to know whether it may be called (``outgoing/reach.py``), and who is there.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:]+\]|[^\s:/\x00-\x1f]{1,253}):(?P<port>\d{1,5})")
_ORIGIN = re.compile(r"https?://(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(:(?P<port>\d{1,5}))?/?", re.ASCII)
_MAX_PORT = 65535
_IN_PROCESS = "inprocess:"
DEFAULT_PORTS: Mapping[str, int] = MappingProxyType({"http": 80, "https": 443})
"""By the schemes that are spoken here at all."""
IN_PROCESS_HOST, IN_PROCESS_PORT = "127.0.0.1", 80
"""What ``inprocess:<name>`` is judged as: it is this very machine."""


def is_host_and_port(text: str) -> bool:
    """Whether it is ``host:port``; an IPv6 address stands in brackets."""
    match = _ADDRESS.fullmatch(text)
    return match is not None and int(match["port"]) <= _MAX_PORT


def is_rpc_address(text: str) -> bool:
    """Whether a channel can be opened to it: ``host:port``, or ``inprocess:<name>`` within one process."""
    return is_in_process(text) or is_host_and_port(text)


def is_in_process(text: str) -> bool:
    """Whether it is ``inprocess:<name>``."""
    return text.startswith(_IN_PROCESS)


def is_of_this_machine(address: str) -> bool:
    """Whether what listens at ``host:port`` is reached from its own machine alone."""
    host = host_and_port(address)[0] if is_host_and_port(address) else IN_PROCESS_HOST
    return host == "localhost" or host.startswith("127.") or host == "::1"


def is_http_address(text: str) -> bool:
    """Whether HTTP can be sent to it: ``host:port``, or a base URL."""
    try:
        place = urlsplit(text)
        if place.scheme in DEFAULT_PORTS:
            return bool(place.hostname) and place.port != 0 and not place.query and not place.fragment
    except ValueError:  # half an IPv6 address, or a port that is no number
        return False
    return is_host_and_port(text)


def is_silo_address(text: str) -> bool:
    """Whether another silo may say that its HTTP is there: ``host:port``, or an ``https`` URL without a path."""
    if "://" in text:
        return text.startswith("https://") and is_origin(text)
    return is_host_and_port(text)


def host_and_port(address: str) -> tuple[str, int]:
    """The host, without brackets, and the port of ``host:port`` or of a base URL.

    >>> host_and_port("[::1]:80"), host_and_port("https://us.silo.example")
    (('::1', 80), ('us.silo.example', 443))
    """
    if "://" in address:
        place = urlsplit(address)
        return place.hostname or "", place.port or DEFAULT_PORTS[place.scheme]
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def is_origin(text: str) -> bool:
    """Whether it is a base URL without a path, such as ``https://silo.example``; a slash may end it."""
    match = _ORIGIN.fullmatch(text)
    return match is not None and is_host_and_port(f"{match['host']}:{match['port'] or 0}")
