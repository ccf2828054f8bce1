"""The page at ``/docs``: Swagger UI over the OpenAPI document, from files of a package, so that it needs no network."""

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

PATH = "/docs"
ASSETS_PATH = f"{PATH}/assets"

_PARAMETERS = {
    "docExpansion": "list",
    "defaultModelsExpandDepth": 0,
    "displayRequestDuration": True,
    "filter": True,
    "persistAuthorization": True,
    "tryItOutEnabled": True,
    "validatorUrl": None,  # would send the document to a service on the web
}
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What the browser may load: nothing from anywhere else."""


def add_documentation_page(app: FastAPI) -> None:
    """Adds the page and the files that it needs."""
    page = get_swagger_ui_html(
        openapi_url=str(app.openapi_url),
        title=app.title,
        swagger_js_url=f"{ASSETS_PATH}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS_PATH}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS_PATH}/favicon.png",
        swagger_ui_parameters=_PARAMETERS,
    )
    page.headers["content-security-policy"] = _POLICY

    async def show_page(request: Request) -> Response:
        return page

    for path in (PATH, f"{PATH}/"):
        app.add_api_route(path, show_page, methods=["GET"], response_model=None, include_in_schema=False)
    app.mount(ASSETS_PATH, StaticFiles(packages=[("fastapi_offline", "static")]), name="documentation")
