"""Where a silo listens and is called: the forms of an address.

Owns what is one. Refuses to know whether it may be called (``outgoing/reach.py``), and who is there.
"""

import re
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:]+\]|[^\s:/\x00-\x1f]{1,253}):(?P<port>\d{1,5})")
_ORIGIN = re.compile(r"https?://(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(:(?P<port>\d{1,5}))?/?", re.ASCII)
_MAX_PORT = 65535


def is_host_and_port(text: str) -> bool:
    """Whether it is ``host:port``; an IPv6 address stands in brackets."""
    match = _ADDRESS.fullmatch(text)
    return match is not None and int(match["port"]) <= _MAX_PORT


def is_rpc_address(text: str) -> bool:
    """Whether a channel can be opened to it: ``host:port``, or ``inprocess:<name>`` within one process."""
    return text.startswith("inprocess:") or is_host_and_port(text)


def is_http_address(text: str) -> bool:
    """Whether HTTP can be sent to it: ``host:port``, or a base URL."""
    try:
        place = urlsplit(text)
        if place.scheme in {"http", "https"}:
            return bool(place.hostname) and place.port != 0 and not place.query and not place.fragment
    except ValueError:  # half an IPv6 address, or a port that is no number
        return False
    return is_host_and_port(text)


def is_origin(text: str) -> bool:
    """Whether it is a base URL without a path, such as ``https://silo.example``; a slash may end it."""
    match = _ORIGIN.fullmatch(text)
    return match is not None and is_host_and_port(f"{match['host']}:{match['port'] or 0}")
