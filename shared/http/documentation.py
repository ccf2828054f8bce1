"""The OpenAPI document. Owns how endpoints and their shapes become one; the shapes belong to the silos."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.http.endpoint import Endpoint

_REFERENCE = "#/components/schemas/{model}"
_REASONS = {200: "Done.", 201: "Created.", 202: "Accepted.", 204: "Done; nothing to say."}


class ErrorDetail(BaseModel):
    """Why the request was not carried out."""

    detail: str | list[str]


def describe(app: FastAPI, endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema:
        return app.openapi_schema
    table = list(endpoints)
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = _schemas(table)
    for endpoint in table:
        operation = document["paths"][f"/api/0{endpoint.path}"][endpoint.method.lower()]
        operation["responses"] = _responses(endpoint)
        _add_request(operation, endpoint)
        operation["security"] = [{"token": []}, {"session": []}]
    document["components"] = {"schemas": schemas, "securitySchemes": _security()}
    app.openapi_schema = document
    return document


def _schemas(table: list[Endpoint]) -> dict[str, Any]:
    shapes: dict[type[BaseModel], None] = {ErrorDetail: None}
    for endpoint in table:
        for shape in (endpoint.body, *map(_item, endpoint.answers.values())):
            if shape is not None:
                shapes[shape] = None
    _, document = models_json_schema([(shape, "validation") for shape in shapes], ref_template=_REFERENCE)
    schemas: dict[str, Any] = document.get("$defs", {})
    return schemas


def _item(shape: Any) -> type[BaseModel] | None:
    item: type[BaseModel] | None = shape.__args__[0] if _is_list(shape) else shape
    return item


def _is_list(shape: Any) -> bool:
    return getattr(shape, "__origin__", None) is list


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    responses = {}
    for status, shape in endpoint.answers.items():
        response: dict[str, Any] = {"description": _REASONS.get(status, "Refused.")}
        if shape is not None:
            response["content"] = {"application/json": {"schema": _schema_of(shape)}}
        if _is_list(shape):
            response["headers"] = {"Link": {"description": "Neighbouring pages.", "schema": {"type": "string"}}}
        responses[str(status)] = response
    responses["default"] = {
        "description": "The request was not carried out; `silo-reason` names the reason.",
        "content": {
            "application/json": {"schema": {"anyOf": [_schema_of(ErrorDetail), {"type": ["object", "string"]}]}}
        },
    }
    return responses


def _schema_of(shape: Any) -> dict[str, Any]:
    if _is_list(shape):
        return {"type": "array", "items": _schema_of(_item(shape))}
    return {"$ref": _REFERENCE.format(model=shape.__name__)}


def _add_request(operation: dict[str, Any], endpoint: Endpoint) -> None:
    operation.setdefault("parameters", []).extend(
        {
            "name": parameter.name,
            "in": "query",
            "required": False,
            "description": parameter.description,
            "schema": dict(parameter.schema),
        }
        for parameter in endpoint.parameters
    )
    if endpoint.body:
        content = {"application/json": {"schema": _schema_of(endpoint.body)}}
        operation["requestBody"] = {"required": True, "content": content}


def _security() -> dict[str, Any]:
    return {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token of a person or an app."},
        "session": {"type": "apiKey", "in": "cookie", "name": "sentrysid", "description": "A browser session."},
    }
