"""Mutual TLS between silos, bound to their names and read anew when the files change.

Owns reading the three files, what name a peer's certificate must bear, and that a certificate is replaced without a
restart: a server reads it at the next handshake, a channel dials anew. Refuses to know who may call what: that is the
signature's matter; TLS keeps the wire private, strangers out, and one peer's certificate of no use to another.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import grpc
import structlog
from cryptography import x509
from typing_extensions import override

from shared import errors
from shared.domain.peer import certificate_name

log = structlog.get_logger(__name__)

# A look is three file stats; certificates change every few months.
LOOK_SECONDS = 1.0
"""How often a channel looks whether its files have changed, while it is used."""
_NAMES = "x509_subject_alternative_name"
"""Where gRPC has the names of the certificate at the other end."""

Stamp = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class TlsConfig:
    """Paths of PEM files. Both ends present a certificate that the authority signed."""

    ca: Path
    """Certificate of the authority (``SILO_TLS_CA``)."""
    cert: Path
    """This silo's certificate chain, leaf first; its names include its own as a peer (``SILO_TLS_CERT``)."""
    key: Path
    """The certificate's private key, without a passphrase (``SILO_TLS_KEY``)."""

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Raises:
        ConfigInvalid: a file cannot be read.
        """
        return grpc.ssl_channel_credentials(
            # The authority of the silos alone: no certificate of the web's authorities is worth anything here.
            root_certificates=_read(self.ca),
            private_key=_read(self.key),
            certificate_chain=_read(self.cert),
        )

    def server_credentials(self) -> grpc.ServerCredentials:
        """Credentials that are read anew at the first handshake after a change; what cannot be read changes nothing.

        Raises:
            ConfigInvalid: a file cannot be read.
        """
        find: Any = _Fresh(self, self.stamp()).find_configuration
        return grpc.dynamic_ssl_server_credentials(
            # Required of everybody: whoever has no certificate of the authority gets no further than the handshake.
            self._server_configuration(),
            find,
            require_client_authentication=True,
        )

    def stamp(self) -> Stamp:
        """What changes when a file does.

        Raises:
            ConfigInvalid: a file is gone.
        """
        try:
            found = [path.stat() for path in (self.ca, self.cert, self.key)]
        except OSError as exc:
            raise errors.ConfigInvalid(f"The TLS file {exc.filename} cannot be read.") from exc
        # The inode as well: files that are put in place by a rename may have any time.
        return tuple((each.st_mtime_ns, each.st_ino) for each in found)

    def expires_at(self) -> datetime:
        """When this silo's certificate ends.

        Raises:
            ConfigInvalid: it cannot be read, or is none.
        """
        try:
            return x509.load_pem_x509_certificate(_read(self.cert)).not_valid_after_utc
        except ValueError as exc:
            raise errors.ConfigInvalid(f"The TLS file {self.cert} holds no certificate.") from exc

    def _server_configuration(self) -> grpc.ServerCertificateConfiguration:
        pair = (_read(self.key), _read(self.cert))
        return grpc.ssl_server_certificate_configuration([pair], root_certificates=_read(self.ca))


class _Fresh:
    """What a server asks at each handshake."""

    def __init__(self, config: TlsConfig, stamp: Stamp) -> None:
        self._config = config
        self._stamp = stamp

    def find_configuration(self) -> grpc.ServerCertificateConfiguration | None:
        """The certificate when it has changed; None: it has not, or cannot be read."""
        try:
            # Three calls to the file system, and no file is read, unless one has changed.
            stamp = self._config.stamp()
            if stamp == self._stamp:
                return None
            configuration = self._config._server_configuration()  # of the class above
            # A certificate that is half written is found here, and not by every handshake that follows.
            self._config.expires_at()
        except errors.ConfigInvalid as exc:
            log.warning("tls.not_reloaded", detail=exc.message)
            return None
        self._stamp = stamp
        log.info("tls.reloaded", cert=str(self._config.cert))
        return configuration


def require_certificate_of(caller: str, *, shown: Mapping[str, Sequence[bytes]]) -> None:
    """Returns when the certificate at the other end of a call is its caller's.

    Args:
        caller: who signed the call.
        shown: gRPC's authentication context of the call.

    Raises:
        CallerWrong: it is another's.
    """
    name = certificate_name(caller)
    # Else whoever has any certificate of the authority, and a key of another peer, could pose as that one.
    if name.encode() not in shown.get(_NAMES, ()):
        text = f"The certificate of the call does not name its caller, {name}."
        raise errors.CallerWrong(text, metadata={"caller": caller})


class TlsChannel(grpc.Channel):
    """A channel that is dialled anew when the files of its certificate change. Calls under way end on the old one."""

    def __init__(self, dial: Callable[[], grpc.Channel], *, tls: TlsConfig) -> None:
        """Args:
        dial: opens a channel with what the files say now.
        tls: the files.
        """
        self._dial = dial
        self._tls = tls
        self._stamp = tls.stamp()
        self._channels = [dial()]
        self._look_at = time.monotonic() + LOOK_SECONDS

    def current(self) -> grpc.Channel:
        """The channel that calls of this moment take."""
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_SECONDS
            self._redial_if_changed()
        return self._channels[-1]

    def _redial_if_changed(self) -> None:
        try:
            stamp = self._tls.stamp()
            if stamp == self._stamp:
                return
            fresh = self._dial()
        except errors.ConfigInvalid as exc:
            log.warning("tls.not_reloaded", detail=exc.message)
            return
        self._stamp = stamp
        for old in self._channels[:-1]:  # the last one may still have calls under way
            old.close()
        # The one before is kept: calls that are under way end on it.
        self._channels = [self._channels[-1], fresh]

    def _callable(self, kind: str, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        return _Redialled(self, kind, arguments, named)

    @override
    def unary_unary(self, *arguments: Any, **named: Any) -> Any:
        return self._callable("unary_unary", arguments, named)

    @override
    def unary_stream(self, *arguments: Any, **named: Any) -> Any:
        return self._callable("unary_stream", arguments, named)

    @override
    def stream_unary(self, *arguments: Any, **named: Any) -> Any:
        return self._callable("stream_unary", arguments, named)

    @override
    def stream_stream(self, *arguments: Any, **named: Any) -> Any:
        return self._callable("stream_stream", arguments, named)

    @override
    def subscribe(self, callback: Callable[[grpc.ChannelConnectivity], None], try_to_connect: bool = False) -> None:
        self._channels[-1].subscribe(callback, try_to_connect)

    @override
    def unsubscribe(self, callback: Callable[[grpc.ChannelConnectivity], None]) -> None:
        for channel in self._channels:
            channel.unsubscribe(callback)

    @override
    def close(self) -> None:
        for channel in self._channels:
            channel.close()

    def __enter__(self) -> "TlsChannel":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


@dataclass
class _Redialled:
    """A method of a channel, on whichever channel is current."""

    channel: TlsChannel
    kind: str
    arguments: tuple[Any, ...]
    named: Mapping[str, Any]
    _made: tuple[grpc.Channel, Any] | None = field(default=None, init=False)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._of_now()(*arguments, **named)

    def with_call(self, *arguments: Any, **named: Any) -> Any:
        return self._of_now().with_call(*arguments, **named)

    def future(self, *arguments: Any, **named: Any) -> Any:
        return self._of_now().future(*arguments, **named)

    def _of_now(self) -> Any:
        channel, made = self.channel.current(), self._made
        # The method belongs to its channel; the next one is asked for its own.
        if made is None or made[0] is not channel:
            made = self._made = (channel, getattr(channel, self.kind)(*self.arguments, **self.named))
        return made[1]


def _read(path: Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as exc:
        raise errors.ConfigInvalid(f"The TLS file {path} cannot be read.", metadata={"path": str(path)}) from exc
