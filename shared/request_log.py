"""A silo's log of its calls to apps: the newest of each kind, for a month (spec §5.6).

Owns the table, its bounds and what is shown. An error outlives any number of successes: of both the newest are kept.
Refuses to know what a call meant.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import peewee

from shared.clock import Clock
from shared.database.columns import IdField, InstantField, JsonField, instant_text
from shared.database.database import Database
from shared.database.locking import unheld_clause
from shared.database.model import Model
from shared.database.transaction import Transaction
from shared.domain.event import REQUEST_LOG_EVENTS
from shared.domain.request_record import RequestRecord
from shared.pb.hybridcloud.requests.v1 import app_request_pb2

MAX_ENTRIES = 100
"""Successes, and as many errors, that are kept of one event of one app; also the longest answer."""
EXPIRY_DAYS = 30
_EXPIRED_PER_WRITE = 200
"""Expired entries that one write clears away at most: more than it adds, so that none stay behind."""


class RequestLogEntry(Model):
    """A call to an app; see ``shared.domain.request_record``."""

    id = IdField()
    sentry_app_id = peewee.BigIntegerField()
    event = peewee.TextField()
    sent_at = InstantField(index=True)
    response_code = peewee.IntegerField()
    is_error = peewee.BooleanField()
    webhook_url = peewee.TextField()
    organization_id = peewee.BigIntegerField(null=True)
    error_id = peewee.TextField(null=True)
    project_id = peewee.BigIntegerField(null=True)
    request_headers = JsonField()
    request_body = peewee.TextField(null=True)
    response_body = peewee.TextField(null=True)

    class Meta:
        indexes = ((("sentry_app_id", "event", "is_error", "id"), False),)


@dataclass(frozen=True)
class SiloRequestLog:
    """The log of one silo. Implements ``RequestLog``."""

    database: Database
    clock: Clock

    def record(self, records: Sequence[RequestRecord]) -> None:
        """Keeps the records in a transaction of its own."""
        with self.database.transaction() as tx:
            keep_records(tx, records, now=self.clock.now())


def keep_records(tx: Transaction, records: Sequence[RequestRecord], *, now: datetime) -> None:
    """Keeps the records, and clears away what there is no more room for."""
    if not records:
        return
    RequestLogEntry.insert_many([asdict(record) | {"is_error": record.is_error} for record in records]).execute()
    # Once for each kind, and in one order: two writers of the same kinds do not wait for each other crosswise.
    for sentry_app_id, event, is_error in sorted({(each.sentry_app_id, each.event, each.is_error) for each in records}):
        _trim(tx, sentry_app_id, event, is_error=is_error)
    _expire(tx, now=now)


def list_records(
    sentry_app_id: int, *, events: Collection[str] | None, errors_only: bool, now: datetime
) -> list[RequestRecord]:
    """The app's calls that have not expired, newest first, at most ``MAX_ENTRIES``. Needs a session.

    Args:
        sentry_app_id: of the app.
        events: only these; None for all.
        errors_only: only those that were answered with an error, or not at all.
        now: the present.
    """
    wanted = (RequestLogEntry.sentry_app_id == sentry_app_id) & (RequestLogEntry.sent_at >= _expired_at(now))
    if events is not None:
        # An event that is in no list is in no log; it would only make the statement longer.
        wanted &= RequestLogEntry.event.in_([event for event in events if event in REQUEST_LOG_EVENTS])
    if errors_only:
        wanted &= RequestLogEntry.is_error
    newest = RequestLogEntry.select().where(wanted)
    # By the time of the call: entries are written in batches, later than the calls and not in their order.
    newest = newest.order_by(RequestLogEntry.sent_at.desc(), RequestLogEntry.id.desc()).limit(MAX_ENTRIES)
    return [_record(entry) for entry in newest]


def request_message(record: RequestRecord) -> app_request_pb2.RpcSentryAppRequest:
    """An entry of the log; what it does not hold stays absent."""
    message = app_request_pb2.RpcSentryAppRequest(
        response_code=record.response_code,
        webhook_url=record.webhook_url,
        organization_id=record.organization_id,
        event_type=record.event,
        error_id=record.error_id,
        project_id=record.project_id,
        request_body=record.request_body,
        request_headers=record.request_headers,
        response_body=record.response_body,
    )
    message.date.FromDatetime(record.sent_at)
    return message


def _trim(tx: Transaction, sentry_app_id: int, event: str, *, is_error: bool) -> None:
    """Deletes all but the newest. Rows that another transaction is deleting are passed over, so that none waits."""
    kind = (sentry_app_id, event, is_error)
    # The newest that goes is looked up, and not held: who held what stays would write a record for each.
    tx.database.rows(
        "DELETE FROM request_log_entry WHERE id IN (SELECT id FROM request_log_entry "  # noqa: S608 - no values
        "WHERE sentry_app_id = ? AND event = ? AND is_error = ? AND id <= ("
        "SELECT id FROM request_log_entry WHERE sentry_app_id = ? AND event = ? AND is_error = ? "
        f"ORDER BY id DESC LIMIT 1 OFFSET {MAX_ENTRIES}) "
        f"ORDER BY id LIMIT {_EXPIRED_PER_WRITE}{unheld_clause(tx.database)})",
        (*kind, *kind),
    )


def _expire(tx: Transaction, *, now: datetime) -> None:
    tx.database.rows(
        "DELETE FROM request_log_entry WHERE id IN (SELECT id FROM request_log_entry "  # noqa: S608 - no values
        f"WHERE sent_at < ? ORDER BY sent_at LIMIT {_EXPIRED_PER_WRITE}{unheld_clause(tx.database)})",
        (instant_text(_expired_at(now)),),
    )


def _expired_at(now: datetime) -> datetime:
    return now - timedelta(days=EXPIRY_DAYS)


def _record(entry: RequestLogEntry) -> RequestRecord:
    return RequestRecord(
        sentry_app_id=entry.sentry_app_id,
        event=entry.event,
        sent_at=entry.sent_at,
        response_code=entry.response_code,
        webhook_url=entry.webhook_url,
        organization_id=entry.organization_id,
        error_id=entry.error_id,
        project_id=entry.project_id,
        request_headers=entry.request_headers,
        request_body=entry.request_body,
        response_body=entry.response_body,
    )
