"""Who is told of what happens here: the installations whose app subscribed to it (spec §5.3).

Owns the choice. A hook that is confined to projects hears of these alone. What is told is made when it is sent.
"""

from datetime import datetime
from typing import Any

from shared.database.columns import JsonField
from shared.database.transaction import Transaction
from shared.domain.event import is_subscribed
from shared.domain.json_value import JsonObject
from shared.domain.status import SentryAppInstallationStatus
from shared.webhooks.delivery import NewDelivery, enqueue_deliveries

_JSON = JsonField()

_HOOKS = f"""
SELECT h.installation_id, i.sentry_app_id, h.events
FROM service_hook h JOIN installation_replica i ON i.id = h.installation_id
WHERE h.organization_id = ? AND i.organization_id = h.organization_id AND NOT i.tombstone
AND i.status = {SentryAppInstallationStatus.INSTALLED.value}
AND (EXISTS (SELECT 1 FROM service_hook_project p WHERE p.service_hook_id = h.id AND p.project_id = ?)
     OR NOT EXISTS (SELECT 1 FROM service_hook_project p WHERE p.service_hook_id = h.id))
ORDER BY h.installation_id"""  # noqa: S608 - no values


def tell_subscribers(
    tx: Transaction, event: str, *, organization_id: int, project_id: int, subject: JsonObject, now: datetime
) -> None:
    """Writes a delivery for every installation that wants to know, in the transaction that makes the change.

    Args:
        tx: that transaction.
        event: ``resource.action``.
        organization_id: where it happened.
        project_id: in which of its projects.
        subject: what the webhook is made of.
        now: the present.
    """
    rows: list[tuple[Any, ...]] = tx.database.rows(_HOOKS, (organization_id, project_id))
    subscribed = {
        installation_id: sentry_app_id
        for installation_id, sentry_app_id, events in rows
        if is_subscribed(_JSON.python_value(events), event)
    }
    deliveries = [
        NewDelivery(
            sentry_app_id=sentry_app_id,
            installation_id=installation_id,
            organization_id=organization_id,
            event=event,
            subject=subject,
        )
        for installation_id, sentry_app_id in subscribed.items()
    ]
    enqueue_deliveries(tx, deliveries, now=now)
