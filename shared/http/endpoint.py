"""Endpoints as values: a method, a path, a function and what its documentation needs; and how one is run.

Owns the table from which the application, its OpenAPI document and the README's list are made. A module of endpoints
makes one ``Endpoints`` and decorates its functions; refuses to know what they do.

A request is received in the event loop, the rest happens in one thread. FastAPI's general solving of dependencies takes
longer than reading an app from the database, so it is not asked to: every endpoint takes a request and the parts of its
path, all text.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from shared.bodies.body import Body
from shared.http.request import BODY_CLASS, body_class_of
from shared.http.threads import ThreadPool

_THREADS = "silo_threads"
"""Attribute of an endpoint's function, which its wrappers repeat."""
Function: TypeAlias = Callable[..., Response]
Shape: TypeAlias = Any
"""The class of a body, or a list of one; None for an empty answer, ``EventStream`` for one without end."""


class EventStream:
    """Server-sent events."""

    media_type = "text/event-stream"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A query parameter, for the documentation; endpoints read their queries themselves."""

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method of one path."""

    method: str
    path: str
    """Below ``/api/0``, with a slash at both ends."""
    function: Function
    answers: Mapping[int, Shape]
    """Shape of the body by status; the first is the usual one."""
    body: type[Body] | None
    parameters: tuple[Parameter, ...]
    tag: str


class Endpoints:
    """The endpoints of one noun."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self.table: list[Endpoint] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        answers: Mapping[int, Shape],
        parameters: Iterable[Parameter] = (),
        threads: ThreadPool | None = None,
    ) -> Callable[[Function], Function]:
        """Decorates the function that serves ``method path``.

        Args:
            method: of HTTP.
            path: below ``/api/0``.
            answers: shapes by status; the first is the usual one.
            parameters: of the query.
            threads: where it runs, if it must not take the threads of all others.
        """

        def decorate(function: Function) -> Function:
            # On the function, because FastAPI makes the routes from functions and knows nothing of the table.
            setattr(function, _THREADS, threads)
            self.table.append(
                Endpoint(
                    method=method,
                    path=path,
                    function=function,
                    answers=answers,
                    body=body_class_of(function),
                    parameters=tuple(parameters),
                    tag=self._tag,
                )
            )
            return function

        return decorate


PAGE_PARAMETERS = (
    Parameter(
        name="per_page",
        description="Items on a page.",
        schema={"type": "integer", "minimum": 1, "maximum": 100, "default": 100},
    ),
    Parameter(
        name="cursor",
        description="`<limit>:<page>:<is_prev>`, such as `100:1:0`, as the `Link` header gives it.",
        schema={"type": "string", "pattern": r"^\d+:\d+:[01]$"},
    ),
)
"""What every list can be asked for."""


class EndpointRoute(APIRoute):
    """The route of an endpoint ``(request: Incoming, **path_parameters)``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        # Once, when the route is made: what is looked up here is not looked up for each request.
        (dependency,) = (each for each in self.dependant.dependencies if each.name)
        receive: Any = dependency.call
        name, serve, body_class = str(dependency.name), self.endpoint, body_class_of(self.endpoint)
        threads: ThreadPool | None = getattr(serve, _THREADS)
        # Endpoints block on databases: never in the loop.
        run = threads.run if threads else run_in_threadpool

        async def answer(request: Request) -> Response:
            # Before the body is received: the class says how large it may be.
            request.scope[BODY_CLASS] = body_class
            received = await receive(request)
            # One thread from here to the answer, so that a session's connection is one thread's affair.
            answered: Response = await run(serve, **{name: received}, **request.path_params)
            return answered

        return answer
