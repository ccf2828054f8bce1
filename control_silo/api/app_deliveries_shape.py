"""How deliveries look in JSON (settled.md), for the documentation. Checks nothing."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

EXAMPLE: dict[str, Any] = {
    "id": "us.12",
    "requestId": "3f2f4bd4a6d64c6fa1b1f0d35b6f9f3d",
    "event": "issue.created",
    "status": "delivered",
    "dateCreated": "2030-01-01T00:00:00Z",
    "attempts": [
        {
            "startedAt": "2030-01-01T00:00:00Z",
            "durationMs": 42,
            "responseCode": 200,
            "error": None,
            "request": {"headers": {"Content-Type": "application/json"}, "body": '{"action":"created"}'},
            "response": {"headers": {"content-length": "2"}, "body": "ok"},
        }
    ],
}


class DeliveryRequestObject(BaseModel):
    """What was sent."""

    headers: dict[str, str] = Field(description="Those of the platform alone; the app's own are kept nowhere.")
    body: str = Field(description="In a list its first 1,024 characters.")


class DeliveryResponseObject(BaseModel):
    """What came back."""

    headers: dict[str, str] = Field(description="Names in lower case.")
    body: str = Field(description="Its first 8,192 characters; in a list 1,024.")


class DeliveryAttemptObject(BaseModel):
    """One call."""

    startedAt: str  # noqa: N815
    durationMs: int = Field(ge=0)  # noqa: N815
    responseCode: int = Field(ge=0, description="HTTP status; 0: there was no answer.")  # noqa: N815
    error: str | None = Field(description="Why there was no answer.")
    request: DeliveryRequestObject
    response: DeliveryResponseObject | None = Field(description="null: there was no answer.")


class DeliveryObject(BaseModel):
    """One webhook to one installation, and what became of it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: str = Field(description="The silo that makes it, and its number there.")
    requestId: str = Field(description="The header `Request-ID`, the same in every attempt.")  # noqa: N815
    event: str
    status: Literal["pending", "delivered", "parked"]
    dateCreated: str  # noqa: N815
    attempts: list[DeliveryAttemptObject] = Field(description="Oldest first, the newest 20.")
