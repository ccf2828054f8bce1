"""When an alert rule of a metric fires: each event is counted as it comes in, and what came in is judged.

Owns the counts, the levels and who is told. A rule that is in an incident is judged as time passes, too, since an
incident is over when nothing comes in any more. Everything is under the rule's row: of two events at once one fires.
"""

import threading
from collections.abc import Iterable
from datetime import datetime

import structlog

from region_silo.models.metric_rule import MetricRule
from region_silo.models.project import Project
from region_silo.models.replica import InstallationReplica
from region_silo.services.ids import IdKind, next_id
from region_silo.services.metric_alert import LABELS, Level, crossed_metric
from region_silo.services.organization import find_organization
from region_silo.services.region import Region
from region_silo.services.site import Site, public_url_of
from shared.database.locking import locked
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppInstallationStatus
from shared.domain.event import AppEvent
from shared.domain.webhook import PLATFORM, webhook_content
from shared.errors import SiloError
from shared.webhooks.enqueue import NewDelivery, enqueue_deliveries

log = structlog.get_logger(__name__)

LOOK_SECONDS = 10.0
"""Between two looks at whether incidents are over."""

_EVENTS = {
    Level.OK: AppEvent.METRIC_ALERT_RESOLVED,
    Level.WARNING: AppEvent.METRIC_ALERT_WARNING,
    Level.CRITICAL: AppEvent.METRIC_ALERT_CRITICAL,
}
_RULES = "SELECT id FROM metric_rule WHERE project_id = ? ORDER BY id"
_COUNT = """
INSERT INTO metric_count (rule_id, minute, events) VALUES (?, ?, 1)
ON CONFLICT (rule_id, minute) DO UPDATE SET events = metric_count.events + 1 RETURNING events"""
_FORGET = "DELETE FROM metric_count WHERE rule_id = ? AND minute <= ?"
_SUM = "SELECT COALESCE(SUM(events), 0) FROM metric_count WHERE rule_id = ? AND minute > ?"


def count_event(tx: Transaction, project: Project, *, region: Region, at: datetime) -> None:
    """Counts an event of a project for its rules, and has apps told of what that changes."""
    # By hand: every event pays for this look, and most projects have no rule.
    for (rule_id,) in tx.database.rows(_RULES, (project.id,)):
        rule = _hold(tx, rule_id)
        if rule is None:
            continue
        minute = _minute(at)
        ((events,),) = tx.database.rows(_COUNT, (rule_id, minute))
        if events == 1:  # once a minute
            tx.database.rows(_FORGET, (rule_id, minute - rule.window_minutes))
        _judge(tx, rule, region=region, at=at)


class MetricWatch:
    """A thread of a worker that notices when incidents are over; any number of workers may look."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metric-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after what it is doing. Idempotent, and harmless before ``start``."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Judges every rule that is in an incident."""
        with self._region.database.session():
            ids = [each.id for each in MetricRule.select(MetricRule.id).where(MetricRule.status > Level.OK)]
        for rule_id in ids:
            with self._region.database.transaction() as tx:
                rule = _hold(tx, rule_id)
                if rule is not None:
                    _judge(tx, rule, region=self._region, at=self._region.clock.now())

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.look()
            except SiloError as exc:
                log.info("metrics.not_watched", reason=exc.reason)
            except Exception as exc:
                log.exception("metrics.watching_failed", exc_info=exc)


def _hold(tx: Transaction, rule_id: int) -> MetricRule | None:
    rule: MetricRule | None = locked(tx, MetricRule.select().where(MetricRule.id == rule_id)).first()
    return rule


def _judge(tx: Transaction, rule: MetricRule, *, region: Region, at: datetime) -> None:
    ((events,),) = tx.database.rows(_SUM, (rule.id, _minute(at) - rule.window_minutes))
    before, level = Level(rule.status), level_of(rule, int(events))
    if level is before:
        return
    if before is Level.OK:
        rule.incident_id, rule.began_at, rule.told = next_id(tx, IdKind.INCIDENT), at, []
    rule.status = level
    uuids = rule.told if level is Level.OK else _named(rule, level)
    rule.told = sorted({*rule.told, *uuids})
    rule.save()
    _tell(tx, rule, uuids, _EVENTS[level], region=region, events=int(events), at=at)


def level_of(rule: MetricRule, events: int) -> Level:
    """How bad so many events are, for a rule that is as it is."""
    thresholds = {trigger["label"]: int(trigger["alert_threshold"]) for trigger in rule.triggers}
    passed = [level for level, label in LABELS.items() if label in thresholds and events > thresholds[label]]
    if passed:
        return max(passed)
    lowest = min(thresholds.values())
    is_over = events <= (lowest if rule.resolve_threshold is None else rule.resolve_threshold)
    # Between the two it stays as bad as it may be by the lowest threshold: it has not come far enough back.
    mildest = min(level for level, label in LABELS.items() if label in thresholds)
    return Level.OK if rule.status == Level.OK or is_over else mildest


def _named(rule: MetricRule, level: Level) -> list[str]:
    actions = [trigger["actions"] for trigger in rule.triggers if trigger["label"] == LABELS[level]]
    return [str(action["installation_uuid"]) for some in actions for action in some]


def _tell(
    tx: Transaction,
    rule: MetricRule,
    uuids: Iterable[str],
    event: AppEvent,
    *,
    region: Region,
    events: int,
    at: datetime,
) -> None:
    project, organization = Project.get_by_id(rule.project_id), find_organization(rule.organization_id)
    installed = InstallationReplica.select().where(
        (InstallationReplica.organization_id == rule.organization_id)
        & InstallationReplica.uuid.in_(sorted(set(uuids)))
        & ~InstallationReplica.tombstone
        & (InstallationReplica.status == SentryAppInstallationStatus.INSTALLED.value)
    )
    site = Site(base_url=public_url_of(region), organization_slug=organization.slug if organization else "")
    crossed = crossed_metric(event, rule, project, events=events, web_url=site.web_url, at=at)
    content = webhook_content(data=crossed.as_json(), actor=PLATFORM)
    deliveries = [
        NewDelivery(
            sentry_app_id=each.sentry_app_id,
            installation_id=each.id,
            installation_uuid=each.uuid,
            organization_id=rule.organization_id,
            event=event,
            content=content,
        )
        for each in installed.order_by(InstallationReplica.id)
    ]
    enqueue_deliveries(tx, deliveries, now=at)


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // 60
