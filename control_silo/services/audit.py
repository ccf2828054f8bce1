"""The audit log: who did what to which app. Owns the event names, as the original prints them."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from control_silo.models.record import AuditLogEntry
from control_silo.models.user import User
from shared.database.transaction import Transaction


class AuditEvent(StrEnum):
    """What can be in the log."""

    SENTRY_APP_ADD = "sentry-app.add"
    SENTRY_APP_REMOVE = "sentry-app.remove"
    SENTRY_APP_INSTALL = "sentry-app.install"
    SENTRY_APP_UNINSTALL = "sentry-app.uninstall"
    INTERNAL_INTEGRATION_ADD = "internal-integration.create"
    INTERNAL_INTEGRATION_ADD_TOKEN = "internal-integration.add-token"  # noqa: S105
    INTERNAL_INTEGRATION_REMOVE_TOKEN = "internal-integration.remove-token"  # noqa: S105
    ROTATE_CLIENT_SECRET = "sentry-app.rotate-client-secret"  # noqa: S105


def list_entries(
    organization_id: int, *, events: Collection[AuditEvent], actor_id: int | None, offset: int, limit: int
) -> list[AuditLogEntry]:
    """What happened in an organization, newest first: of these kinds; by one person when given. Needs a session."""
    query = AuditLogEntry.select().where(
        AuditLogEntry.organization_id == organization_id, AuditLogEntry.event.in_(list(events))
    )
    if actor_id is not None:
        query = query.where(AuditLogEntry.actor_id == actor_id)
    return list(query.order_by(AuditLogEntry.id.desc()).offset(offset).limit(limit))


def record(
    tx: Transaction,
    event: AuditEvent,
    *,
    organization_id: int,
    actor: User | None,
    target_id: int,
    data: dict[str, Any],
    now: datetime,
) -> None:
    """Writes one entry, in the transaction of what it tells of; ``data`` names who acted as the actor, if so."""
    del tx  # holding one is the permission to write
    if actor and actor.impersonator:
        data = data | {"impersonator": {"id": str(actor.impersonator.id), "name": actor.impersonator.label}}
    AuditLogEntry.create(
        organization_id=organization_id,
        event=event,
        actor_id=actor.id if actor else None,
        actor_label=actor.label if actor else None,
        target_id=target_id,
        data=data,
        created_at=now,
    )
