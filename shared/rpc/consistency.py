"""Consistency tokens on the wire: read from a call's metadata, answered in its trailing metadata.

Owns the one place where gRPC meets ``shared.consistency``, for every servicer of every silo. Refuses to know what is
written and what a reader does about a token.
"""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import grpc

from shared.consistency import TOKEN_NAME, collecting, encode, requiring
from shared.rpc.served import add_trailer

Servicer = TypeVar("Servicer", bound=type)
UnaryMethod = Callable[[Any, Any, grpc.ServicerContext], Any]


def consistent(servicer: Servicer) -> Servicer:
    """Decorates a servicer: its unary calls honour a consistency token, and answer with one when they wrote.

    Inside a call ``shared.consistency.required()`` then names what the caller's token names, and whatever transactions
    commit is named by the answer's token, also when the call fails after it. Methods that stream their answer stay as
    they are. A call whose token is not one of ours fails with ``ValidationFailed``.
    """
    for name in rpc_names(servicer):
        method = getattr(servicer, name)
        if not inspect.isgeneratorfunction(method):
            setattr(servicer, name, _consistent(method))
    return servicer


def rpc_names(servicer: type) -> Iterator[str]:
    """What the generated bases of the servicer declare."""
    for base in servicer.__mro__:
        if base.__module__.endswith("_pb2_grpc"):
            yield from (name for name, member in vars(base).items() if inspect.isfunction(member))


def _consistent(method: UnaryMethod) -> UnaryMethod:
    @functools.wraps(method)
    def call(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        with requiring(_token_of(context)), collecting() as written:
            try:
                return method(self, request, context)
            finally:
                if written:
                    add_trailer(TOKEN_NAME, encode(written))

    return call


def _token_of(context: grpc.ServicerContext) -> str | None:
    for key, value in context.invocation_metadata():
        if key == TOKEN_NAME:
            return value if isinstance(value, str) else value.decode("ascii", "replace")
    return None
