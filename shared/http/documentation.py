"""The OpenAPI document. Owns how endpoints and their shapes become one; the shapes belong to the silos."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema

from shared.http.endpoint import Endpoint

_REFERENCE = "#/components/schemas/{model}"
_PATH_PARAMETER = re.compile(r"{(\w+)}")
PATH_PARAMETERS: Mapping[str, str] = {
    "app_id_or_slug": "Id or slug of the app.",
    "sentry_app_id_or_slug": "Id or slug of the app.",
    "organization_id_or_slug": "Id or slug of the organization.",
    "project_id_or_slug": "Id or slug of the project.",
    "uuid": "UUID of the installation.",
    "delivery_id": "Of a delivery: the silo that makes it and its number there, such as `us.12`.",
    "token_id": "Id of the token.",
    "user": "Id or e-mail address of the user.",
    "issue_id": "Id or short id (`WEB-1`) of the issue.",
    "short_id": "Short id of the issue, such as `WEB-1`.",
    "event_id": "Id of the event, or `latest`, `oldest`.",
    "comment_id": "Id of the comment.",
    "external_issue_id": "Id of the link.",
    "rule_id": "Id of the rule.",
}
"""What the parts of paths mean, by name; one meaning in all of the API."""
_REASONS = {200: "Done.", 201: "Created.", 202: "Accepted.", 204: "Done; nothing to say."}


class ErrorDetail(BaseModel):
    """Why the request was not carried out."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"detail": "You do not have permission to perform this action."}]}
    )

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
        operation["operationId"] = _operation_id(endpoint, table)
        operation["summary"], operation["description"] = _texts(endpoint)
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
    _, document = models_json_schema(
        [(shape, "validation") for shape in shapes], ref_template=_REFERENCE, schema_generator=_Plain
    )
    schemas: dict[str, Any] = document.get("$defs", {})
    return schemas


class _Plain(GenerateJsonSchema):
    """Fields are called by their names alone, and one that is null unless set may also be absent: no more is said."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        has_default = schema.get("default") is not None
        return super().default_schema(schema) if has_default else self.generate_inner(schema["schema"])


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


def _operation_id(endpoint: Endpoint, table: Iterable[Endpoint]) -> str:
    """The function's name; with the beginning of the path where one function serves several."""
    name = endpoint.function.__name__
    uses = Counter(each.function.__name__ for each in table)
    return name if uses[name] == 1 else f"{name}_of_{endpoint.path.split('/')[1]}"


def _texts(endpoint: Endpoint) -> tuple[str, str]:
    """The first sentence of the function's documentation, and what follows it."""
    first, _, rest = " ".join((endpoint.function.__doc__ or "").split()).partition(". ")
    return first.rstrip(".").replace("`", ""), rest


def _add_request(operation: dict[str, Any], endpoint: Endpoint) -> None:
    operation["parameters"] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_PARAMETERS.get(name, ""),
            "schema": {"type": "string"},
        }
        for name in _PATH_PARAMETER.findall(endpoint.path)
    ]
    operation["parameters"].extend(
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
