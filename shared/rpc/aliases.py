"""What gRPC's type stubs and its runtime call differently.

The stubs declare generic classes where the runtime has plain ones. Owns the aliases that satisfy both; has no
behaviour.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import grpc

Serializer: TypeAlias = Callable[[Any], bytes] | None
"""Message to bytes; None: the caller has bytes already."""

Deserializer: TypeAlias = Callable[[bytes], Any] | None
"""Bytes to message; None: the caller wants the bytes."""


Channel: TypeAlias = grpc.Channel
"""What stubs are made from; services name it without knowing gRPC."""


_Request = TypeVar("_Request")
_Response = TypeVar("_Response")

if TYPE_CHECKING:
    Method: TypeAlias = grpc.UnaryUnaryMultiCallable[_Request, _Response]
    """A stub's method, of one request and one response."""
    Handler: TypeAlias = grpc.RpcMethodHandler[Any, Any]
    GenericHandler: TypeAlias = grpc.GenericRpcHandler[Any, Any]
    ServerInterceptor: TypeAlias = grpc.ServerInterceptor[Any, Any]
    UnaryUnary: TypeAlias = grpc.UnaryUnaryMultiCallable[Any, Any]
    UnaryStream: TypeAlias = grpc.UnaryStreamMultiCallable[Any, Any]
    StreamUnary: TypeAlias = grpc.StreamUnaryMultiCallable[Any, Any]
    StreamStream: TypeAlias = grpc.StreamStreamMultiCallable[Any, Any]
    Future: TypeAlias = grpc.Future[Any]
else:
    Handler = grpc.RpcMethodHandler
    GenericHandler = grpc.GenericRpcHandler
    ServerInterceptor = grpc.ServerInterceptor
    UnaryUnary = grpc.UnaryUnaryMultiCallable
    UnaryStream = grpc.UnaryStreamMultiCallable
    StreamUnary = grpc.StreamUnaryMultiCallable
    StreamStream = grpc.StreamStreamMultiCallable
    Future = grpc.Future
