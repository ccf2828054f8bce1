"""What FastAPI is told of an endpoint, so that the OpenAPI document is FastAPI's own; and the page at ``/docs``.

FastAPI documents what it reads: a signature with the parts of the path, the query and the body, and the models that are
answered. Endpoints are given all but the path in one request (``shared.http.request``), so the signature that is
documented is made here, from the endpoint's value and the class of its body. One thing is put right by hand: FastAPI
leaves out whatever is null, in examples too, which then lack fields.
"""

import functools
import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from fastapi import Depends, FastAPI, Path, Query
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.security import APIKeyCookie, HTTPBearer
from pydantic import ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from shared.bodies.body import Body, shown_by
from shared.http.credentials import SESSION_COOKIE
from shared.http.endpoint import Endpoint, EventStream, Parameter, Shape

PATH_PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "app_id_or_slug": "Id or slug of the app.",
        "sentry_app_id_or_slug": "Id or slug of the app.",
        "organization_id_or_slug": "Id or slug of the organization.",
        "project_id_or_slug": "Id or slug of the project.",
        "uuid": "UUID of the installation.",
        "delivery_id": "Of a delivery: the silo that makes it and its number there, such as `us.12`.",
        "channel": "The secret part of the address that `channel/` gives.",
        "token_id": "Id of the token.",
        "user": "Id or e-mail address of the user.",
        "issue_id": "Id or short id (`WEB-1`) of the issue.",
        "short_id": "Short id of the issue, such as `WEB-1`.",
        "event_id": "Id of the event, or `latest`, `oldest`.",
        "tag_key": "Key of the tag, such as `release`.",
        "comment_id": "Id of the comment.",
        "external_issue_id": "Id of the link.",
        "alert_rule_id": "Id of the metric alert.",
        "rule_id": "Id of the rule.",
    }
)
"""What the parts of paths mean, by name; one meaning in all of the API."""

DOCS_PATH = "/docs"
DOCUMENT_PATH = "/openapi.json"
ASSETS_PATH = f"{DOCS_PATH}/assets"

_REASONS = {200: "Done.", 201: "Created.", 202: "Accepted.", 204: "Done; nothing to say."}
_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_PATH_PARAMETER = re.compile(r"{(\w+)}")
_SECURITY = [
    Depends(HTTPBearer(scheme_name="token", description="An API token of a person or an app.", auto_error=False)),
    Depends(
        APIKeyCookie(name=SESSION_COOKIE, scheme_name="session", description="A browser session.", auto_error=False)
    ),
]
_PAGE_SETTINGS = {
    "docExpansion": "list",
    "defaultModelsExpandDepth": 0,
    "displayRequestDuration": True,
    "filter": True,
    "persistAuthorization": True,
    "tryItOutEnabled": True,
    "validatorUrl": None,  # would send the document to a service on the web
}
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What the browser may load: nothing from anywhere else."""


class ErrorDetail(Body):
    """Why the request was not carried out."""

    model_config: ClassVar[ConfigDict] = shown_by({"detail": "You do not have permission to perform this action."})

    detail: str | list[str]


def documentation_of(endpoint: Endpoint, table: Iterable[Endpoint]) -> dict[str, Any]:
    """The arguments of ``add_api_route`` that document an endpoint of the table."""
    # A docstring is the summary and the description: its first sentence, and what follows.
    first, _, rest = " ".join((endpoint.function.__doc__ or "").split()).partition(". ")
    status, shape = next(iter(endpoint.answers.items()))
    return {
        "operation_id": _operation_id(endpoint, table),
        "summary": first.rstrip(".").replace("`", ""),
        "description": rest,
        "tags": [endpoint.tag],
        # The usual one: FastAPI documents the shape under it.
        "status_code": status,
        "response_model": None if shape is EventStream else shape,
        "response_class": JSONResponse if shape and shape is not EventStream else Response,
        "response_description": _REASONS.get(status, "Refused."),
        "responses": _responses(endpoint),
        "dependencies": _SECURITY,
    }


def with_documented_signature(endpoint: Endpoint) -> Callable[..., Response]:
    """The endpoint's function, with all that it takes of a request in its signature."""

    @functools.wraps(endpoint.function)
    def serve(**arguments: Any) -> Response:
        return endpoint.function(**arguments)

    request = next(iter(inspect.signature(endpoint.function).parameters.values()))
    taken: dict[str, Any] = {request.name: request.annotation}
    for name in _PATH_PARAMETER.findall(endpoint.path):
        taken[name] = Annotated[str, Path(description=PATH_PARAMETERS[name])]
    if endpoint.body:
        taken["body"] = endpoint.body
    signature = [inspect.Parameter(name, _KEYWORD, annotation=kind) for name, kind in taken.items()]
    signature += [_asked(parameter) for parameter in endpoint.parameters]
    # FastAPI looks at this alone; the function is never called by it with these.
    serve.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    return serve


def _asked(parameter: Parameter) -> inspect.Parameter:
    described = Query(description=parameter.description, json_schema_extra=dict(parameter.schema))
    default = parameter.schema.get("default")
    return inspect.Parameter(parameter.name, _KEYWORD, annotation=Annotated[Any, described], default=default)


def _operation_id(endpoint: Endpoint, table: Iterable[Endpoint]) -> str:
    """The function's name; with the beginning of the path where one function serves several."""
    name = endpoint.function.__name__
    uses = Counter(each.function.__name__ for each in table)
    return name if uses[name] == 1 else f"{name}_of_{endpoint.path.split('/')[1]}"


def _responses(endpoint: Endpoint) -> dict[int | str, dict[str, Any]]:
    responses: dict[int | str, dict[str, Any]] = {}
    for status, shape in endpoint.answers.items():
        responses[status] = {"description": _REASONS.get(status, "Refused.")} | _content(shape) | _headers(shape)
    responses["default"] = {
        "description": "The request was not carried out; `silo-reason` names the reason.",
        # The original refuses in any of these forms.
        "model": ErrorDetail | dict[str, Any] | str,
    }
    return responses


def _content(shape: Shape) -> dict[str, Any]:
    if shape is EventStream:
        return {"content": {EventStream.media_type: {"schema": {"type": "string"}}}}
    return {"model": shape} if shape else {}


def _headers(shape: Shape) -> dict[str, Any]:
    # A list's class is `list[X]`, which has an origin; a body's has none.
    if getattr(shape, "__origin__", None) is not list:
        return {}
    return {"headers": {"Link": {"description": "Neighbouring pages.", "schema": {"type": "string"}}}}


def add_documentation_page(app: FastAPI) -> None:
    """Adds Swagger UI over the document, from files of a package, so that it needs no network."""
    page = get_swagger_ui_html(
        openapi_url=DOCUMENT_PATH,
        title=app.title,
        swagger_js_url=f"{ASSETS_PATH}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS_PATH}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS_PATH}/favicon.png",
        swagger_ui_parameters=_PAGE_SETTINGS,
    )
    page.headers["content-security-policy"] = _PAGE_POLICY

    # Made once: it says the same to everybody.
    async def show_page(request: Request) -> Response:
        return page

    # Both, since people type either; a redirect would name the address that a proxy has.
    for path in (DOCS_PATH, f"{DOCS_PATH}/"):
        app.add_api_route(path, show_page, methods=["GET"], response_model=None, include_in_schema=False)
    app.mount(ASSETS_PATH, StaticFiles(packages=[("fastapi_offline", "static")]), name="documentation")
