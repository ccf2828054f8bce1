"""What happens to issues: the one place that every change passes, in the transaction that makes it.

Owns the record, and who is told: the installations whose app subscribed to the event (spec §5.3). A hook that is
confined to projects hears of these alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from region_silo.models.issue import Activity
from region_silo.services.region import Region
from shared.database.columns import JsonField, instant_text
from shared.database.locking import lock_clause
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppInstallationStatus
from shared.domain.event import AppEvent
from shared.domain.happening import Detail, Happening
from shared.domain.subscription import is_subscribed
from shared.domain.webhook import Actor, webhook_content
from shared.webhooks.enqueue import NewDelivery, enqueue_deliveries

_JSON = JsonField()
SHOWN_ACTIVITIES = 100
"""How many of the newest activities an issue shows."""


@dataclass(frozen=True, kw_only=True)
class IssueKey:
    """An issue and where it belongs."""

    organization_id: int
    project_id: int
    issue_id: int


_INSERT = """
INSERT INTO activity (organization_id, project_id, issue_id, kind, actor_type, actor_id, actor_name, data, happened_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_HOLD_ISSUE = "SELECT id FROM issue WHERE id = ?"
_HOOKS = f"""
SELECT h.installation_id, i.uuid, i.sentry_app_id, h.events
FROM service_hook h JOIN installation_replica i ON i.id = h.installation_id
WHERE h.organization_id = ? AND i.organization_id = h.organization_id AND NOT i.tombstone
AND i.status = {SentryAppInstallationStatus.INSTALLED.value}
{{confined}}
ORDER BY h.installation_id"""  # noqa: S608 - no values
_HEARS_OF_PROJECT = """
AND (EXISTS (SELECT 1 FROM service_hook_project p WHERE p.service_hook_id = h.id AND p.project_id = ?)
     OR NOT EXISTS (SELECT 1 FROM service_hook_project p WHERE p.service_hook_id = h.id))"""


def record_activity(
    tx: Transaction,
    event: AppEvent,
    *,
    region: Region,
    issue: IssueKey,
    actor: Actor,
    detail: Detail,
    at: datetime,
) -> None:
    """Records what the transaction has done to an issue, and tells the apps that want to know how it is now.

    Args:
        tx: the transaction that has done it.
        event: what.
        region: where.
        issue: to which.
        actor: by whom.
        detail: of the class that the event's row names.
        at: when.

    Raises:
        TypeError: it is of another, and no webhook could be made of it.
    """
    # Refused here, in the transaction of the change, and not days later at the first delivery.
    if event.row.detail is not type(detail):
        raise TypeError(f"{event} goes with {event.row.detail}, not with {type(detail)}.")
    if event is not AppEvent.ERROR_CREATED:  # the event itself is the record, and there is one for each
        _insert(tx, event, issue=issue, actor=actor, detail=detail, at=at)
    happening = Happening(issue_id=issue.issue_id, actor=actor, at=at, detail=detail)
    tell(tx, event, happening, region=region, organization_id=issue.organization_id, project_id=issue.project_id)


def tell(
    tx: Transaction,
    event: AppEvent,
    happening: Happening,
    *,
    region: Region,
    organization_id: int,
    project_id: int | None,
) -> None:
    """Writes a delivery for every app of an organization that subscribes to the event.

    Args:
        tx: the transaction of what happened.
        event: what.
        happening: with all that is known of it.
        region: where.
        organization_id: in which organization.
        project_id: in which project; None: in none, so that a hook that is confined to projects hears of it as well.
    """
    # First of all, since most organizations have no app that hears of it: they pay for one look.
    subscribed = _find_subscribed(tx, event, organization_id=organization_id, project_id=project_id)
    if not subscribed:
        return
    # What is told of one issue is written in the order of the commits.
    tx.database.rows(_HOLD_ISSUE + lock_clause(tx), (happening.issue_id,))
    content = content_of(happening, region=region, organization_id=organization_id)
    deliveries = [
        NewDelivery(
            sentry_app_id=sentry_app_id,
            installation_id=installation_id,
            installation_uuid=uuid,
            organization_id=organization_id,
            issue_id=happening.issue_id,
            event=event,
            content=content,
        )
        for installation_id, (uuid, sentry_app_id) in subscribed.items()
        if content is not None
    ]
    enqueue_deliveries(tx, deliveries, now=happening.at)


def content_of(happening: Happening, *, region: Region, organization_id: int) -> str | None:
    """What webhooks say of it, as it is in the transaction; None: what it happened to is gone."""
    data = region.describe(region, happening, organization_id=organization_id)
    return None if data is None else webhook_content(data=data, actor=happening.actor)


def _find_subscribed(
    tx: Transaction, event: AppEvent, *, organization_id: int, project_id: int | None
) -> dict[int, tuple[str, int]]:
    """Uuid and app by installation: one delivery for each, however many hooks it has."""
    confined, of_project = ("", ()) if project_id is None else (_HEARS_OF_PROJECT, (project_id,))
    # By an index of the organization; what a hook subscribes to is read here, since it is a list.
    rows: list[tuple[Any, ...]] = tx.database.rows(_HOOKS.format(confined=confined), (organization_id, *of_project))
    return {
        installation_id: (uuid, sentry_app_id)
        for installation_id, uuid, sentry_app_id, events in rows
        if is_subscribed(_JSON.python_value(events), event)
    }


def list_activity(issue_id: int, *, limit: int) -> list[Activity]:
    """What people and the platform did to an issue, newest first; events and comments have lists of their own.

    Needs a session.
    """
    # No row has the first kind; it is said because the index says it.
    shown = (Activity.kind != AppEvent.ERROR_CREATED.value) & ~Activity.kind.startswith("comment.")
    return list(Activity.select().where(Activity.issue_id == issue_id, shown).order_by(Activity.id.desc()).limit(limit))


def _insert(tx: Transaction, event: AppEvent, *, issue: IssueKey, actor: Actor, detail: Detail, at: datetime) -> None:
    tx.database.rows(
        _INSERT,
        (
            issue.organization_id,
            issue.project_id,
            issue.issue_id,
            event.value,
            actor.type,
            actor.id,
            actor.name,
            Activity.data.db_value(detail.as_json()),
            instant_text(at),
        ),
    )
