"""Where a call to another silo begins: ``connect`` gives one type of channel whatever lies between the two.

Owns the choice of transport, made once where a process is wired, and the channel that generated stubs use unmodified.
Refuses to know services. What happens around a call is in ``calls``.
"""

from collections.abc import Callable, Sequence
from typing import Any, Self

import grpc
from typing_extensions import override

from shared.clock import Clock
from shared.domain.peer import certificate_name
from shared.rpc.address import in_process_name
from shared.rpc.aliases import Deserializer, Serializer
from shared.rpc.calls import Link, SiloStreamStream, SiloStreamUnary, SiloUnaryStream, SiloUnaryUnary
from shared.rpc.inprocess import InProcessChannel
from shared.rpc.keyring import Keys
from shared.rpc.options import CHANNEL_OPTIONS
from shared.rpc.retry import Retrier, RetryPolicy
from shared.rpc.signature import Signer
from shared.rpc.target import target_of
from shared.rpc.tls import TlsChannel, TlsConfig

DEFAULT_TIMEOUT_SECONDS = 10.0
"""Deadline of a call that is given none: no call waits for ever."""


def connect(
    target: str,
    *,
    caller: str,
    target_name: str,
    keys: Keys,
    clock: Clock,
    tls: TlsConfig | None = None,
    default_timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    retry: RetryPolicy | None = None,
    addresses: Sequence[str] = (),
) -> "SiloChannel":
    """A channel to another silo. Nothing is dialled before the first call; a lost connection is dialled again.

    Args:
        target: ``host:port``, or ``inprocess:<name>`` of a server in this process.
        caller: who calls: a silo's name, ``service:<name>`` or ``operator:<name>``.
        target_name: name of the silo at that address; part of what is signed.
        keys: the caller's; the first of the target signs.
        clock: source of the signatures' timestamps.
        tls: certificate files; None for plaintext. Ignored in-process.
        default_timeout_seconds: deadline of a call that is given none. A call made while serving one never outlasts it.
        retry: how idempotent methods are repeated.
        addresses: of the target's host, in place of what gRPC would find itself.

    Raises:
        ConfigInvalid: the target is of neither form, or a TLS file cannot be read.
    """
    link = Link(
        silo=target_name,
        signer=Signer(keys, caller=caller, target=target_name, clock=clock),
        retrier=Retrier(retry or RetryPolicy()),
        timeout_seconds=default_timeout_seconds,
    )
    return SiloChannel(_dial(target, tls=tls, name=target_name, addresses=addresses), link=link)


def _dial(target: str, *, tls: TlsConfig | None, name: str, addresses: Sequence[str]) -> grpc.Channel:
    # The only place where the two transports part.
    local_name = in_process_name(target)
    if local_name is not None:
        # Without TLS: nothing leaves the process.
        return InProcessChannel(local_name)
    # Options are TCP's alone: within a process nothing reconnects and nothing is kept alive.
    options: tuple[tuple[str, Any], ...] = CHANNEL_OPTIONS
    if addresses:
        # Whoever stands between may go by the name that was meant.
        options = (*options, ("grpc.default_authority", target))
        target = target_of(addresses, int(target.rpartition(":")[2]))
    if tls is None:
        # Signed in any case: TLS adds that nobody reads along, and that answers are the silo's.
        return grpc.insecure_channel(target, options=options)
    # Whatever address is dialled: who answers has to be the silo that is meant, and not whoever has some certificate.
    options = (*options, ("grpc.ssl_target_name_override", certificate_name(name)))
    return TlsChannel(lambda: grpc.secure_channel(target, tls.channel_credentials(), options=options), tls=tls)


class SiloChannel(grpc.Channel):
    """A ``grpc.Channel`` whose calls are signed, bounded and typed.

    Every call raises leaves of ``shared.errors`` instead of ``grpc.RpcError``; the transport's error, with its trailing
    metadata, is the ``__cause__`` (see ``status.trailers_of``). ``RpcInsideTransaction`` is raised before anything is
    sent when a database transaction is open here.
    """

    def __init__(self, inner: grpc.Channel, *, link: Link) -> None:
        """Args:
        inner: the transport; it is given bytes and gives bytes.
        link: what the calls share.
        """
        self._inner = inner
        self._link = link

    @override
    def unary_unary(
        self,
        method: str,
        request_serializer: Serializer = None,
        response_deserializer: Deserializer = None,
        _registered_method: bool = False,
    ) -> SiloUnaryUnary:
        inner = self._raw("unary_unary", method, _registered_method=_registered_method)
        return SiloUnaryUnary(self._link, method, request_serializer, response_deserializer, inner=inner)

    @override
    def unary_stream(
        self,
        method: str,
        request_serializer: Serializer = None,
        response_deserializer: Deserializer = None,
        _registered_method: bool = False,
    ) -> SiloUnaryStream:
        inner = self._raw("unary_stream", method, _registered_method=_registered_method)
        return SiloUnaryStream(self._link, method, request_serializer, response_deserializer, inner=inner)

    @override
    def stream_unary(
        self,
        method: str,
        request_serializer: Serializer = None,
        response_deserializer: Deserializer = None,
        _registered_method: bool = False,
    ) -> SiloStreamUnary:
        inner = self._raw("stream_unary", method, _registered_method=_registered_method)
        return SiloStreamUnary(self._link, method, request_serializer, response_deserializer, inner=inner)

    @override
    def stream_stream(
        self,
        method: str,
        request_serializer: Serializer = None,
        response_deserializer: Deserializer = None,
        _registered_method: bool = False,
    ) -> SiloStreamStream:
        inner = self._raw("stream_stream", method, _registered_method=_registered_method)
        return SiloStreamStream(self._link, method, request_serializer, response_deserializer, inner=inner)

    def _raw(self, kind: str, method: str, **named: Any) -> Any:
        """The transport's multi-callable without serializers: what is signed must be what is sent."""
        return getattr(self._inner, kind)(method, None, None, **named)

    @override
    def subscribe(self, callback: Callable[[grpc.ChannelConnectivity], None], try_to_connect: bool = False) -> None:
        self._inner.subscribe(callback, try_to_connect)

    @override
    def unsubscribe(self, callback: Callable[[grpc.ChannelConnectivity], None]) -> None:
        self._inner.unsubscribe(callback)

    @override
    def close(self) -> None:
        """Ends every open call; the channel is of no further use. Idempotent."""
        # First: a pause between two attempts would otherwise outlast the channel.
        self._link.retrier.close()
        self._inner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
