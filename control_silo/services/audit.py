"""The audit log: who did what to which app. Owns the event names, as the original prints them."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.record import AuditLogEntry
from control_silo.models.user import User
from control_silo.services.interest import is_user_seen
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
        AuditLogEntry.organization_id == organization_id,
        # Named one by one, so that entries of a newer version of this program are not shown as what they are not.
        AuditLogEntry.event.in_(list(events)),
    )
    if actor_id is not None:
        query = query.where(AuditLogEntry.actor_id == actor_id)
    return list(query.order_by(AuditLogEntry.id.desc()).offset(offset).limit(limit))


def record(
    tx: Transaction,
    event: AuditEvent,
    app: SentryApp,
    *,
    actor: User | None,
    now: datetime,
    target: SentryAppInstallation | ApiToken | None = None,
    **details: str,
) -> None:
    """Writes one entry, in the transaction of what it tells of.

    Args:
        tx: the transaction.
        event: what was done.
        app: that it was done to, or that what it was done to belongs to.
        actor: who did it; None for the platform itself.
        now: when.
        target: what of the app's it was done to; None for the app. An installation's entry is in the log of the
            organization that it is in, every other one in that of the app's owner.
        **details: what else the entry says.
    """
    del tx  # holding one is the permission to write
    # The original calls the app's name so in the data of this one event.
    name = "name" if event is AuditEvent.INTERNAL_INTEGRATION_ADD else "sentry_app"
    data: dict[str, Any] = {name: app.name, **details}
    if actor and actor.impersonator:
        # Who really did it: the actor is the one whose rights were borrowed.
        data["impersonator"] = {"id": str(actor.impersonator.id), "name": actor.impersonator.label}
    AuditLogEntry.create(
        organization_id=target.organization_id if isinstance(target, SentryAppInstallation) else app.owner_id,
        event=event,
        actor_id=actor.id if actor else None,
        # Copied: the entry names them also when the user is gone. The log is read by people of the organization, and so
        # by whoever took its region.
        actor_label=actor.label if actor and is_user_seen(actor.id) else None,
        target_id=(target or app).id,
        data=data,
        created_at=now,
    )
