"""Where a silo listens and is reached, as text: ``host:port`` or ``inprocess:<name>``.

Owns reading the text and finding out, before gRPC is asked, whether an address can be listened on: gRPC folds a port
beyond 65,535 into another one, and complains on standard error. Refuses to know servers and channels.
"""

import errno
import os
import socket

from shared.errors import ConfigInvalid

IN_PROCESS_PREFIX = "inprocess:"

_IN_USE = "it is in use"


def in_process_name(address: str) -> str | None:
    """The name in ``inprocess:<name>``; None for any other address.

    Raises:
        ConfigInvalid: the address is of neither form.
    """
    before, _, after = address.rpartition(":")
    if not (before and after):
        raise ConfigInvalid(f"The address {address!r} is neither host:port nor inprocess:<name>.")
    return address.removeprefix(IN_PROCESS_PREFIX) if address.startswith(IN_PROCESS_PREFIX) else None


def require_free(address: str) -> None:
    """Binds the address for a moment.

    Args:
        address: ``host:port``; port 0 stands for any free one.

    Raises:
        ConfigInvalid: the port is no port, the host is unknown or not of this machine, or somebody listens there.
    """
    host, _, port = address.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) <= 65_535):
        raise _refusal(address, "the port is not a number from 0 to 65535")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as exc:
        raise _refusal(address, "the host is not known") from exc
    family, kind, protocol, _, place = found[0]
    try:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gRPC does: a port just left is free
            probe.bind(place)
    except OSError as exc:
        raise _refusal(address, _reason(exc)) from exc


def taken(address: str) -> ConfigInvalid:
    """The error for an address that somebody else has."""
    return _refusal(address, _IN_USE)


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return _IN_USE
    return os.strerror(error.errno).lower() if error.errno else "the system refuses it"


def _refusal(address: str, reason: str) -> ConfigInvalid:
    return ConfigInvalid(f"Cannot listen on {address}: {reason}.", metadata={"address": address})
