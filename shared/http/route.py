"""How an endpoint is run: its request is received in the event loop, the rest happens in one thread.

Every endpoint takes a request and path parameters, all text. FastAPI is left to document them; its general solving of
dependencies takes longer than reading an app from the database, so it is not asked to.
"""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from shared.http.body import BODY_LIMIT, MAX_BODY_BYTES, MAX_LARGE_BODY_BYTES
from shared.http.request import BODY_CLASS, body_class_of


class EndpointRoute(APIRoute):
    """The route of an endpoint ``(request: Incoming, **path_parameters)``."""

    body_limit: ClassVar[int] = MAX_BODY_BYTES

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        (dependency,) = (each for each in self.dependant.dependencies if each.name)
        receive: Any = dependency.call
        name, serve = str(dependency.name), self.endpoint
        body_limit, body_class = self.body_limit, body_class_of(self.endpoint)

        async def answer(request: Request) -> Response:
            request.scope[BODY_LIMIT] = body_limit
            request.scope[BODY_CLASS] = body_class
            received = await receive(request)
            answered: Response = await run_in_threadpool(serve, **{name: received}, **request.path_params)
            return answered

        return answer


class LargeBodyRoute(EndpointRoute):
    """The same, of an endpoint that takes large bodies."""

    body_limit = MAX_LARGE_BODY_BYTES
