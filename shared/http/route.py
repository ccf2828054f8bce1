"""How an endpoint is run: its call is read in the event loop, the rest happens in one thread.

Every endpoint takes a call and path parameters, all text. FastAPI is left to document them; its general solving of
dependencies takes longer than reading an app from the database, so it is not asked to.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response


class CallRoute(APIRoute):
    """The route of an endpoint ``(call: Annotated[Call, Depends(read_call)], **path_parameters)``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        (dependency,) = self.dependant.dependencies
        read_call: Any = dependency.call
        name, serve = str(dependency.name), self.endpoint

        async def serve_call(request: Request) -> Response:
            call = await read_call(request)
            answer: Response = await run_in_threadpool(serve, **{name: call}, **request.path_params)
            return answer

        return serve_call
