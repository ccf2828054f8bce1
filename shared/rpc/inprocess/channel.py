"""The in-process channel: ``grpc.Channel`` without a socket.

Owns the interface that stubs know. How each kind of call begins is in ``client``.
"""

from collections.abc import Callable
from typing import Self

import grpc
from typing_extensions import override

from shared.rpc.aliases import Deserializer, Serializer
from shared.rpc.inprocess.client import (
    Client,
    InProcessStreamStream,
    InProcessStreamUnary,
    InProcessUnaryStream,
    InProcessUnaryUnary,
)
from shared.rpc.inprocess.registry import registry


class InProcessChannel(grpc.Channel):
    """Calls the ``InProcessServer`` of that name in this process."""

    def __init__(self, name: str) -> None:
        """Args:
        name: the server's name; it need not be served yet.
        """
        self.name = name
        self._client = Client(name)

    @override
    def unary_unary(
        self,
        method: str,
        request_serializer: Serializer = None,
        response_deserializer: Deserializer = None,
        _registered_method: bool = False,
    ) -> InProcessUnaryUnary:
        return InProcessUnaryUnary(self._client, method, request_serializer, response_deserializer)

    @override
    def unary_stream(
        self,
        method: str,
        request_serializer: Serializer = None,
        response_deserializer: Deserializer = None,
        _registered_method: bool = False,
    ) -> InProcessUnaryStream:
        return InProcessUnaryStream(self._client, method, request_serializer, response_deserializer)

    @override
    def stream_unary(
        self,
        method: str,
        request_serializer: Serializer = None,
        response_deserializer: Deserializer = None,
        _registered_method: bool = False,
    ) -> InProcessStreamUnary:
        return InProcessStreamUnary(self._client, method, request_serializer, response_deserializer)

    @override
    def stream_stream(
        self,
        method: str,
        request_serializer: Serializer = None,
        response_deserializer: Deserializer = None,
        _registered_method: bool = False,
    ) -> InProcessStreamStream:
        return InProcessStreamStream(self._client, method, request_serializer, response_deserializer)

    @override
    def subscribe(self, callback: Callable[[grpc.ChannelConnectivity], None], try_to_connect: bool = False) -> None:
        registry.listen(self.name, callback)

    @override
    def unsubscribe(self, callback: Callable[[grpc.ChannelConnectivity], None]) -> None:
        registry.unlisten(self.name, callback)

    @override
    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
