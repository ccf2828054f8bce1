"""``webhooks`` of the OpenAPI document: what apps are told, one entry for each event, with the body that is printed.

Owns what is around the ``data`` of an event, and the headers. The data's class is the silo's own.
"""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from shared.bodies.body import Body
from shared.bodies.webhook import HookActorObject, HookInstallationObject
from shared.domain.event import AppEvent
from shared.domain.webhook import REQUEST_ID_HEADER, RESOURCE_HEADER, SEQUENCE_HEADER, TIMESTAMP_HEADER

_REFERENCE = "#/components/schemas/{model}"
_PRINTED: JsonSchemaMode = "serialization"
TAG = "Webhooks"
HEADERS: Mapping[str, str] = {
    RESOURCE_HEADER: "The first half of the event's name; `action` in the body is the second.",
    TIMESTAMP_HEADER: "When this attempt was made, in Unix seconds: refuse what is older than five minutes.",
    SEQUENCE_HEADER: "Grows along an issue, by which a receiver orders what it is told of it.",
    REQUEST_ID_HEADER: "32 hex characters, the same in every attempt and redelivery: the same webhook again.",
    "Sentry-Hook-Signature": "Hex HMAC-SHA256 of the bytes of the body, with the client secret as key.",
    "Sentry-App-Signature": "The same over the body as `JSON.stringify` prints it once it was parsed.",
}
"""What each header of a webhook says."""


def add_webhooks(document: dict[str, Any], data: Mapping[AppEvent, type[Body]]) -> None:
    """Adds to the document what apps are told.

    Args:
        document: of OpenAPI 3.1, with components.
        data: the class of the body's ``data`` by event.
    """
    classes: list[type[Body]] = [HookInstallationObject, HookActorObject, *dict.fromkeys(data.values())]
    references, described = models_json_schema([(each, _PRINTED) for each in classes], ref_template=_REFERENCE)
    # What a document of the API has already under a name is the same class.
    document["components"]["schemas"] = described["$defs"] | document["components"]["schemas"]
    document["webhooks"] = {
        event.value: {"post": _told(event, references[(shape, _PRINTED)], references)} for event, shape in data.items()
    }


def _told(event: AppEvent, data: Any, references: Mapping[Any, Any]) -> dict[str, Any]:
    body = {
        "type": "object",
        "required": ["action", "installation", "data", "actor"],
        "properties": {
            "action": {"const": event.action},
            "installation": references[(HookInstallationObject, _PRINTED)],
            "data": data,
            "actor": references[(HookActorObject, _PRINTED)],
        },
    }
    return {
        "operationId": f"hear_{event.value.replace('.', '_')}",
        "summary": event.happens,
        "tags": [TAG],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": said, "schema": {"type": "string"}}
            for name, said in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "2XX": {"description": "The app has heard."},
            "410": {"description": "The app is to be told of this no more; the delivery is parked."},
            "default": {"description": "The app has not heard; it is told again where that can help."},
        },
        "security": [],
    }
