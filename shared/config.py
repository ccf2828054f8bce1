"""Typed environment: read once, in ``__main__``; every problem is reported together.

Owns parsing; refuses to know which variables a silo has.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from shared.domain.peer import CONTROL, is_region_name
from shared.errors import ConfigInvalid
from shared.mail import Mailer, is_address, parse_mailer
from shared.outgoing.reach import PUBLIC, Reach
from shared.rpc.keyring import Keyring
from shared.rpc.tls import TlsConfig

DEFAULT_REQUESTS_PER_SECOND = 5_000
"""Of one credential, over HTTP: more than one process answers. Clients learn that there is a limit; operators who want
one that bites set ``SILO_REQUESTS_PER_SECOND``."""

_T = TypeVar("_T")
_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:]+\]|[^\s:/\x00-\x1f]{1,253}):(?P<port>\d{1,5})")
_ORIGIN = re.compile(r"https?://(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(:(?P<port>\d{1,5}))?/?", re.ASCII)
_SHARED_PREFIX = "SILO_"
READ_ELSEWHERE = frozenset(
    {
        *("SILO_DATA", "SILO_TOKEN", "SILO_SESSION"),  # by the command line
        "SILO_SEAL_KEY",  # given to every silo by the command line, whether or not it seals anything yet
        *("SILO_MAIL_URL", "SILO_PUBLISH_REQUESTS_TO"),  # by control, whose environment a region may share
        *("SILO_IMAGE", "SILO_ENV", "CONTROL_HTTP_PORT", "CONTROL_GRPC_PORT"),  # by docker-compose.yml
    }
)
"""Variables with our prefixes that not every silo reads, and none refuses."""
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


def is_rpc_address(text: str) -> bool:
    """Whether a channel can be opened to it: ``host:port``, or ``inprocess:<name>`` within one process."""
    return text.startswith("inprocess:") or _is_host_and_port(text)


def is_http_address(text: str) -> bool:
    """Whether HTTP can be sent to it: ``host:port``, or a base URL."""
    place = urlsplit(text)
    if place.scheme in {"http", "https"}:
        return bool(place.hostname) and not place.query and not place.fragment
    return _is_host_and_port(text)


def _is_host_and_port(text: str) -> bool:
    match = _ADDRESS.fullmatch(text)
    return match is not None and int(match["port"]) <= 65535


class Environment:
    """Reads variables and collects what is wrong with them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._problems: list[str] = []
        self._known = set(READ_ELSEWHERE)

    def text(self, name: str, default: str) -> str:
        """The value, or the default when it is unset or empty."""
        return self._read(name) or default

    def required(self, name: str) -> str:
        """The value; a problem when unset or empty."""
        value = self._read(name)
        if not value:
            self._problems.append(f"{name} is required.")
        return value

    def address(self, name: str, default: str) -> str:
        """``host:port``."""
        value = self.text(name, default)
        if not _is_host_and_port(value):
            self._problems.append(f"{name} must be host:port, not {value!r}.")
        return value

    def http_address(self, name: str, default: str) -> str:
        """``host:port``, or a base URL."""
        value = self.text(name, default)
        if not is_http_address(value):
            self._problems.append(f"{name} must be host:port or a URL, not {value!r}.")
        return value

    def optional_http_address(self, name: str) -> str | None:
        """As ``http_address``; None when unset."""
        return self.http_address(name, "") if self._read(name) else None

    def optional_origin(self, name: str) -> str | None:
        """A base URL without a path: ``https://silo.example``, without a slash at its end; None when unset."""
        value = self._read(name)
        if not value:
            return None
        match = _ORIGIN.fullmatch(value)
        if match is None or not _is_host_and_port(f"{match['host']}:{match['port'] or 0}"):
            self._problems.append(f"{name} must be a URL without a path, such as https://silo.example, not {value!r}.")
        return value.rstrip("/")

    def flag(self, name: str) -> bool:
        """Off unless set to 1, true, yes or on."""
        value = self._read(name).lower()
        if value not in (*_TRUE, *_FALSE):
            self._problems.append(f"{name} must be on or off, not {value!r}.")
        return value in _TRUE

    def positive(self, name: str, default: int) -> int:
        """A whole number from 1 to a billion."""
        value = self.text(name, str(default))
        if not re.fullmatch(r"[1-9][0-9]{0,8}", value, re.ASCII):
            self._problems.append(f"{name} must be a whole number from 1 to 999999999, not {value!r}.")
            return default
        return int(value)

    def reach(self) -> Reach:
        """How far calls to apps may go: ``SILO_WEBHOOK_ALLOW_PRIVATE`` and ``SILO_WEBHOOK_ALLOWED_NETWORKS``."""
        allow_private = self.flag("SILO_WEBHOOK_ALLOW_PRIVATE")
        networks = self.text("SILO_WEBHOOK_ALLOWED_NETWORKS", "")
        reach = self._parsed(networks, lambda text: Reach.parse(text.split(",")), fallback=PUBLIC)
        return replace(reach, allow_private=allow_private)

    def mailer(self, *, default: Mailer) -> Mailer:
        """The way out for mails: ``SILO_MAIL_URL``."""
        return self._parsed(self.text("SILO_MAIL_URL", ""), parse_mailer, fallback=default)

    def email(self, name: str, default: str) -> str:
        """One e-mail address."""
        value = self.text(name, default)
        if not is_address(value):
            self._problems.append(f"{name} must be an e-mail address, not {value!r}.")
        return value

    def region_name(self, name: str) -> str:
        """A region's own name."""
        value = self.required(name)
        if value and not is_region_name(value):
            self._problems.append(
                f"{name} must be lower-case letters, digits and hyphens, and not {CONTROL!r}: {value!r}."
            )
        return value

    def keys(self, name: str, *, of: str | None = None) -> Keyring:
        """``peer/id:secret[,…]``.

        Args:
            name: of the variable.
            of: the peer that there must be a key of; None: of nobody in particular.
        """
        text = self.required(name)
        keyring = self._parsed(text, Keyring.parse, fallback=Keyring(()))
        if of and keyring.peers and of not in keyring.peers:
            self._problems.append(f"{name} has no key of {of}: an entry {of}/id:secret is needed.")
        return keyring

    def seal_key(self, name: str, *, is_required: bool) -> str | None:
        """32 bytes as hex; None when it is unset and need not be set."""
        value = self.required(name) if is_required else self._variables.get(name, "")
        if value and not re.fullmatch(r"[0-9a-fA-F]{64}", value):
            self._problems.append(f"{name} must be 32 bytes as 64 hex digits.")
        return value or None

    def open_reflection(self) -> bool:
        """``SILO_REFLECTION``: ``open`` lets anybody ask what is served, ``signed``, the default, whoever signs."""
        value = self.text("SILO_REFLECTION", "signed")
        if value not in ("open", "signed"):
            self._problems.append(f"SILO_REFLECTION must be open or signed, not {value!r}.")
        return value == "open"

    def tls(self) -> TlsConfig | None:
        """``SILO_TLS_CA``, ``SILO_TLS_CERT`` and ``SILO_TLS_KEY``: all or none."""
        names = ("SILO_TLS_CA", "SILO_TLS_CERT", "SILO_TLS_KEY")
        values = [self._read(name) for name in names]
        if not any(values):
            return None
        for name, value in zip(names, values, strict=True):
            if not value:
                self._problems.append(f"{name} is required when TLS is on.")
            elif not Path(value).is_file():
                self._problems.append(f"{name}: there is no file {value}.")
        return TlsConfig(*map(Path, values))

    def refuse_unknown(self, prefix: str) -> None:
        """Takes a variable for a slip that has a silo's prefix, or that of all silos, and was not read until now."""
        for name in sorted(self._variables):
            if name.startswith((prefix, _SHARED_PREFIX)) and name not in self._known:
                nearest = get_close_matches(name, sorted(self._known), n=1)
                hint = f"; did you mean {nearest[0]}?" if nearest else "."
                self._problems.append(f"{name} is not known{hint}")

    def finish(self) -> None:
        """Raises:
        ConfigInvalid: with every problem found.
        """
        if self._problems:
            raise ConfigInvalid(" ".join(self._problems))

    def _read(self, name: str) -> str:
        self._known.add(name)
        return self._variables.get(name) or ""

    def _parsed(self, value: str, parse: Callable[[str], _T], *, fallback: _T) -> _T:
        if not value:
            return fallback
        try:
            return parse(value)
        except ConfigInvalid as exc:
            self._problems.append(exc.message)
            return fallback
