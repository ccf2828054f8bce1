"""How calls to apps look in JSON, for the documentation. Checks nothing."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field


class RequestOrganizationObject(BaseModel):
    """The organization that a call concerned."""

    name: str
    id: int
    slug: str


class AppRequestObject(BaseModel):
    """A call that the platform made to an app."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "webhookUrl": "https://kanban.acme.example/webhook",
                    "sentryAppSlug": "acme-kanban",
                    "eventType": "issue.created",
                    "date": "2030-01-01T00:00:00Z",
                    "responseCode": 500,
                    "organization": {"name": "Acme", "id": 1, "slug": "acme"},
                    "request_body": '{"action":"created"}',
                    "request_headers": {"Content-Type": "application/json", "Sentry-Hook-Resource": "issue"},
                    "response_body": "Internal Server Error",
                }
            ]
        }
    )

    webhookUrl: str = Field(description="Where the call went.")  # noqa: N815
    sentryAppSlug: str  # noqa: N815
    eventType: str  # noqa: N815
    date: str = Field(description="When the call was made.")
    responseCode: int = Field(ge=0, description="HTTP status of the answer; 0: there was none.")  # noqa: N815
    organization: RequestOrganizationObject | None = Field(default=None, description="Absent for internal apps.")
    error_id: str | None = Field(default=None, description="The error that the app named in its answer.")
    project_id: int | None = Field(default=None, description="The project that the app named in its answer.")
    request_body: str | None = Field(default=None, description="The beginning; absent when the call succeeded.")
    request_headers: dict[str, str] | None = Field(default=None, description="Those of the platform alone.")
    response_body: str | None = Field(default=None, description="The beginning; absent when the call succeeded.")
