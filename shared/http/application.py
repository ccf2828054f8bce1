"""A FastAPI application that speaks the dialect. Owns the wiring of everything in this package; knows no endpoint."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from shared.domain.app_error import AppError
from shared.errors import Internal, SiloError
from shared.http.answer import empty_answer, json_answer
from shared.http.consistency import Consistency
from shared.http.document import ALONE, Documented, serve_document
from shared.http.endpoint import Endpoint, EndpointRoute
from shared.http.errors import NOT_OFFERED, NOT_OFFERED_HEADER, Failures, Refused, error_answer
from shared.http.measure import Measure, Metrics
from shared.http.openapi import (
    add_documentation_page,
    documentation_of,
    with_documented_signature,
)
from shared.http.spelling import Spelling

PREFIX = "/api/0"


def create_application(
    endpoints: Iterable[Endpoint],
    *,
    title: str,
    description: str,
    metrics: Metrics,
    documented: Documented = ALONE,
) -> FastAPI:
    """An application that serves the endpoints, their documentation at ``/docs``, and nothing else yet.

    Args:
        endpoints: all of them.
        title: of the documentation.
        description: of the documentation.
        metrics: that count the requests.
        documented: what the documentation says besides.
    """
    # Gone through several times; what is given may be a generator.
    table = list(endpoints)
    app = FastAPI(
        title=title,
        description=description,
        # The API's, as the original counts it, and not the program's.
        version="0",
        # FastAPI's own page loads its scripts from elsewhere; ours does not.
        docs_url=None,
        redoc_url=None,
        # Served by us as well, since it says where it is asked for.
        openapi_url=None,
        # A redirect would drop the bearer token, and the original's paths all end with a slash.
        redirect_slashes=False,
        middleware=[
            # Outermost first. Failures is inside Measure, so that an answer 500 is counted as one.
            Middleware(Spelling),
            Middleware(Measure, metrics=metrics),
            Middleware(Failures),
            Middleware(Consistency),
        ],
        exception_handlers={
            SiloError: _on_silo_error,
            Refused: _on_refused,
            AppError: _on_app_error,
            RequestValidationError: _on_unreadable_request,
            HTTPException: _Misrouted(_allowed_methods(table)),
        },
    )
    for endpoint in table:
        app.router.add_api_route(
            PREFIX + endpoint.path,
            with_documented_signature(endpoint),
            methods=[endpoint.method],
            **documentation_of(endpoint, table),
            # See there: FastAPI's solving of dependencies would cost more than most answers.
            route_class_override=EndpointRoute,
        )
    serve_document(app, table, documented=documented)
    add_documentation_page(app)
    return app


def _allowed_methods(table: Iterable[Endpoint]) -> Mapping[str, str]:
    methods: dict[str, set[str]] = {}
    for endpoint in table:
        methods.setdefault(PREFIX + endpoint.path, set()).add(endpoint.method)
    return {path: _allow(names) for path, names in methods.items()}


def _allow(methods: Collection[str]) -> str:
    # What the server answers without an endpoint of its own.
    also = {"HEAD", "OPTIONS"} if "GET" in methods else {"OPTIONS"}
    return ", ".join(sorted(also.union(methods)))


class _Misrouted:
    """Answers what the router could not: unknown paths, and methods that a path has not; OPTIONS is one of these."""

    def __init__(self, allowed: Mapping[str, str]) -> None:
        self._allowed = allowed

    async def __call__(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        # Starlette's text would tell clients which framework is here, and the original has words of its own.
        if status == 404:
            return json_answer(NOT_OFFERED, status=404, headers={NOT_OFFERED_HEADER: "path"})
        if status != 405:
            return json_answer({"detail": getattr(error, "detail", "")}, status=status)
        route: Any = request.scope.get("route")
        allow = self._allowed.get(getattr(route, "path", "")) or _allow(getattr(route, "methods", None) or {"GET"})
        # The router takes it for a method that the path has not; clients ask by it what there is.
        if request.method == "OPTIONS":
            return empty_answer(200, headers={"allow": allow, "content-length": "0"})
        return json_answer({"detail": f'Method "{request.method}" not allowed.'}, status=405, headers={"allow": allow})


async def _on_silo_error(request: Request, error: Exception) -> Response:
    # A fault of ours is for `Failures`: with an id outside and its traceback in the log.
    if not isinstance(error, SiloError) or isinstance(error, Internal):
        raise error
    return error_answer(error)


async def _on_refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    return empty_answer(error.status) if error.body is None else json_answer(error.body, status=error.status)


async def _on_app_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, AppError):
        raise error
    return json_answer(error.to_json(), status=error.status)


async def _on_unreadable_request(request: Request, error: Exception) -> Response:
    return json_answer({"detail": "The request could not be read."}, status=400)
