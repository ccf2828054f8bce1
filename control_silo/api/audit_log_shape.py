"""How the audit log looks in JSON, for the documentation. Checks nothing."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from control_silo.services.audit import AuditEvent

EVENTS = sorted(AuditEvent)


class ActorObject(BaseModel):
    """Who did it."""

    id: str | None
    name: str | None = Field(description="E-mail address, or the name of a user without one.")


class AuditLogObject(BaseModel):
    """Something that was done."""

    id: str
    event: str
    actor: ActorObject | None = Field(description="Null: the platform itself.")
    target: str | None = Field(description="Id of the app, installation or token that it was done to.")
    data: dict[str, Any]
    dateCreated: str  # noqa: N815


class AuditLogsObject(BaseModel):
    """A page of the log, and every event that there can be."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": [
                        {
                            "id": "1",
                            "event": "sentry-app.add",
                            "actor": {"id": "1", "name": "owner@acme.example"},
                            "target": "1",
                            "data": {"sentry_app": "Acme Kanban"},
                            "dateCreated": "2030-01-01T00:00:00Z",
                        }
                    ],
                    "options": [str(event) for event in EVENTS],
                }
            ]
        }
    )

    rows: list[AuditLogObject]
    options: list[str]
