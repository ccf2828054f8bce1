"""How an endpoint is run: its call is read in the event loop, the rest happens in one thread.

Every endpoint takes a call and path parameters, all text. FastAPI is left to document them; its general solving of
dependencies takes longer than reading an app from the database, so it is not asked to.
"""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from shared.http.body import BODY_LIMIT, MAX_BODY_BYTES, MAX_LARGE_BODY_BYTES


class CallRoute(APIRoute):
    """The route of an endpoint ``(call: Annotated[Call, Depends(read_call)], **path_parameters)``."""

    body_limit: ClassVar[int] = MAX_BODY_BYTES

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        (dependency,) = self.dependant.dependencies
        read_call: Any = dependency.call
        name, serve, body_limit = str(dependency.name), self.endpoint, self.body_limit

        async def serve_call(request: Request) -> Response:
            request.scope[BODY_LIMIT] = body_limit
            call = await read_call(request)
            answer: Response = await run_in_threadpool(serve, **{name: call}, **request.path_params)
            return answer

        return serve_call


class LargeCallRoute(CallRoute):
    """The same, of an endpoint that takes large bodies."""

    body_limit = MAX_LARGE_BODY_BYTES
