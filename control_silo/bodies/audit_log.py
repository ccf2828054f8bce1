"""The audit log of an organization (settled.md)."""

from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import ConfigDict, Field

from control_silo.models.record import AuditLogEntry
from control_silo.services.audit import AuditEvent
from shared.bodies.body import Body, shown_by

# All there can be, and not those that happened: clients make a filter of them (settled.md).
EVENTS = sorted(AuditEvent)


class ActorObject(Body):
    """Who did it."""

    id: str | None
    name: str | None = Field(description="E-mail address, or the name of a user without one.")


class AuditLogObject(Body):
    """Something that was done."""

    id: str
    event: str
    actor: ActorObject | None = Field(description="Null: the platform itself.")
    target: str | None = Field(description="Id of the app, installation or token that it was done to.")
    data: dict[str, Any]
    date_created: datetime

    @classmethod
    def of(cls, entry: AuditLogEntry) -> Self:
        """An entry as it is stored."""
        # A person who was deleted since has a name left, and no id.
        is_somebody = entry.actor_id is not None or entry.actor_label is not None
        return cls(
            id=str(entry.id),
            event=entry.event,
            actor=ActorObject(id=_text(entry.actor_id), name=entry.actor_label) if is_somebody else None,
            target=_text(entry.target_id),
            data=entry.data,
            date_created=entry.created_at,
        )


class AuditLogsObject(Body):
    """A page of the log, and every event that there can be."""

    model_config: ClassVar[ConfigDict] = shown_by(
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
    )

    rows: list[AuditLogObject]
    options: list[str]


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
