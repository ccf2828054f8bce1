"""What gRPC's type stubs and its runtime call differently.

The stubs declare generic classes where the runtime has plain ones. Owns the aliases that satisfy both; has no
behaviour.
"""

from collections.abc import Callable
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

import grpc

Metadata: TypeAlias = tuple[tuple[str, str | bytes], ...]
"""Ordered entries; keys are lower case; a value is ``bytes`` exactly when its key ends in ``-bin``."""

Serializer: TypeAlias = Callable[[Any], bytes] | None
"""Message to bytes; None: the caller has bytes already."""

Deserializer: TypeAlias = Callable[[bytes], Any] | None
"""Bytes to message; None: the caller wants the bytes."""


Channel: TypeAlias = grpc.Channel
"""What stubs are made from; services name it without knowing gRPC."""


class Metadatum(NamedTuple):
    """One entry of metadata, readable as a pair and by name, as gRPC hands it out."""

    key: str
    value: str | bytes


def named(metadata: Metadata) -> Metadata:
    """The same entries, readable by name as well."""
    return tuple(map(tuple.__new__, repeat(Metadatum), metadata))


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
