"""The log of calls to an app, as the original shows it (spec §4.9, §5.6)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import MISSING, ConfigDict, Field

from control_silo.models.app import SentryApp
from control_silo.models.region import OrganizationReplica
from control_silo.services.request_log import sent_at
from shared.bodies.body import Body, shown_by
from shared.pb.hybridcloud.requests.v1 import app_request_pb2


class RequestOrganizationObject(Body):
    """The organization that a call concerned."""

    name: str
    id: int
    slug: str


class AppRequestObject(Body):
    """A call that the platform made to an app."""

    model_config: ClassVar[ConfigDict] = shown_by(
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
    )

    webhook_url: str = Field(description="Where the call went.")
    sentry_app_slug: str
    event_type: str
    date: datetime = Field(description="When the call was made.")
    response_code: int = Field(ge=0, description="HTTP status of the answer; 0: there was none.")
    organization: RequestOrganizationObject | MISSING = Field(default=MISSING, description="Absent for internal apps.")
    # The original names these with underscores.
    error_id: str | MISSING = Field(
        default=MISSING, alias="error_id", description="The error that the app named in its answer."
    )
    project_id: int | MISSING = Field(
        default=MISSING, alias="project_id", description="The project that the app named in its answer."
    )
    request_body: str | MISSING = Field(
        default=MISSING, alias="request_body", description="The beginning; absent when the call succeeded."
    )
    response_body: str | MISSING = Field(
        default=MISSING, alias="response_body", description="The beginning; absent when the call succeeded."
    )
    request_headers: dict[str, str] | MISSING = Field(
        default=MISSING, alias="request_headers", description="Those of the platform alone."
    )

    @classmethod
    def of(
        cls,
        request: app_request_pb2.RpcSentryAppRequest,
        app: SentryApp,
        *,
        organizations: Mapping[int, OrganizationReplica],
    ) -> Self:
        """A call to an app; ``organizations`` are those, by id, that calls name and that still exist."""
        # One that is gone meanwhile has no name to show; the call was made all the same.
        found = organizations.get(request.organization_id)
        optional: dict[str, Any] = {
            name: getattr(request, name)
            for name in ("error_id", "project_id", "request_body", "response_body")
            # Absence says that the call succeeded; an empty text is something that an app said.
            if request.HasField(name)
        }
        if found:
            optional["organization"] = RequestOrganizationObject(name=found.name, id=found.id, slug=found.slug)
        if request.request_headers:
            optional["request_headers"] = dict(request.request_headers)
        return cls(
            webhook_url=request.webhook_url,
            sentry_app_slug=app.slug,
            event_type=request.event_type,
            date=sent_at(request),
            response_code=request.response_code,
            **optional,
        )
