"""A request as an endpoint gets it: received whole, its body not looked at yet. Knows neither silo.

FastAPI is not left to read bodies. It parses one before any dependency runs, so that a body that is no JSON would be
refused before anybody asked who sends it; here who may is judged first, then what they say. So an endpoint names the
class of its body in its signature, and calls ``request.body()`` when it is the body's turn.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, get_args, get_type_hints

from starlette.requests import Request
from typing_extensions import TypeVar

from shared.bodies.body import Body
from shared.domain.json_value import JsonObject, JsonValue
from shared.http.body import as_object, parse_json, read_body

B_co = TypeVar("B_co", covariant=True, default=object)
"""The class of the body: of an endpoint that takes none, ``object``."""
BODY_CLASS = "silo.body_class"
"""Key in the scope of a request: the class of the body that its endpoint takes, or None."""


@dataclass(frozen=True)
class ReceivedRequest(Generic[B_co]):
    """What both silos know of a request."""

    http: Request
    raw_body: bytes = field(repr=False)
    body_class: type[B_co] | None

    @cached_property
    def json_value(self) -> JsonValue:
        """The JSON in the body, as it was sent, whatever it is; parsed once, however often it is looked at.

        Raises:
            MalformedBody: it is none.
        """
        return parse_json(self.raw_body)

    @property
    def json(self) -> JsonObject:
        """The JSON object in the body, as it was sent.

        Raises:
            MalformedBody, ValidationFailed: it holds none.
        """
        return as_object(self.json_value)

    def body(self, *, context: object = None) -> B_co:
        """The body, checked.

        Args:
            context: what the class asks for to check it against, besides what it says.

        Raises:
            MalformedBody, ValidationFailed: there is none, or none that the class takes.
        """
        # A mistake of ours: what an endpoint takes is not what its signature says.
        if self.body_class is None or not issubclass(self.body_class, Body):
            raise TypeError("the endpoint's signature names no class for a body")
        return self.body_class.read(self.json, context=context)


async def receive(request: Request) -> tuple[Request, bytes, type[Body] | None]:
    """What a ``ReceivedRequest`` is made of.

    Raises:
        BodyTooLarge: the body is larger than its class, or any, may be.
    """
    body_class: type[Body] | None = request.scope[BODY_CLASS]
    return request, await read_body(request, max_bytes=(body_class or Body).max_bytes), body_class


def body_class_of(endpoint: Callable[..., Any]) -> type[Body] | None:
    """The class that an endpoint's signature names: ``request: Incoming[CommentBody]``; None without one."""
    # Read of the signature, so that what is documented, bounded and parsed is one and the same class.
    for hint in get_type_hints(endpoint, include_extras=True).values():
        for argument in get_args(get_args(hint)[0]) if hasattr(hint, "__metadata__") else ():
            if isinstance(argument, type) and issubclass(argument, Body):
                return argument
    return None
