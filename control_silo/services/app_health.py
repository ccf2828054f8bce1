"""What is wrong with apps, as the silos say that call them, and whom that has to be told (DESIGN §10).

An owner is told once that an app's circuit opened, once that a delivery was given up, and once that all is well again;
of neither trouble twice within a day, however often it comes and goes, and however many silos and workers see it. Owns
these rules and the silos' reports. Refuses to know what mails say and how they leave.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from control_silo.models.app import SentryApp
from control_silo.models.health import HealthReported, OverallHealth, OwnerNotice, ReportedHealth
from control_silo.services.control import Control
from control_silo.services.interest import regions_by_id
from shared.category import Category
from shared.database.columns import instant_text
from shared.database.locking import hold_name, locked
from shared.database.statement import instant_mark
from shared.database.transaction import Transaction
from shared.domain.peer import CONTROL
from shared.errors import InvalidInput
from shared.outbox.enqueue import enqueue
from shared.webhooks.health import MAX_REPORTED, HealthReport, IllApp

NOTICE_CATEGORY = "notice"
"""In the outbox. No silo replicates notices."""
OWNERS = "mail:owners"
"""A destination in the outbox that is no silo."""
TOLD_AGAIN_AFTER = timedelta(days=1)
"""An owner hears of one kind of trouble at most so often."""


_REPORTED = """
INSERT INTO health_report (silo, revision) VALUES (?, ?)
ON CONFLICT (silo) DO UPDATE SET revision = excluded.revision"""
_SAID = """
INSERT INTO reported_health (silo, sentry_app_id, circuit_opened_at, parked_at) VALUES (?, ?, {instant}, {instant})
ON CONFLICT (silo, sentry_app_id) DO UPDATE
SET circuit_opened_at = excluded.circuit_opened_at, parked_at = excluded.parked_at"""


class Notice(StrEnum):
    """What owners are told."""

    CIRCUIT_OPENED = "circuit_opened"
    """The app is left alone for a while, since its calls take too long."""
    PARKED = "parked"
    """A delivery was given up."""
    WELL = "well"
    """Nothing is wrong any more."""


def take_report(control: Control, report: HealthReport, *, silo: str) -> None:
    """Puts what a silo says in the place of what it said before, unless that is newer.

    Args:
        control: where it is kept.
        report: all that is wrong, as far as the silo knows.
        silo: who says it: control, or a region, which may speak of those apps alone that it is to call.

    Raises:
        InvalidInput: it is larger than any report.
    """
    if len(report.apps) > MAX_REPORTED:
        raise InvalidInput.at("apps", f"{len(report.apps)} are more than the {MAX_REPORTED} of one report.")
    now = control.clock.now()
    with control.database.transaction() as tx:
        # By silo, so that of two reports of one silo the later revision is the one that stays.
        hold_name(tx, f"app-health-of:{silo}")
        known: HealthReported | None = HealthReported.get_or_none(HealthReported.silo == silo)
        if known is not None and known.revision > report.revision:
            return
        before = {each.sentry_app_id: each for each in ReportedHealth.select().where(ReportedHealth.silo == silo)}
        wrong = _own_apps(report.apps, silo=silo, now=now)
        _replace(tx, before, wrong, silo=silo)
        tx.database.rows(_REPORTED, (silo, report.revision))
        # Only what is otherwise than before: a report comes every so often, and says mostly the same.
        changed = before.keys() ^ wrong.keys()
        changed |= {each for each in before.keys() & wrong.keys() if _times(before[each]) != _times(wrong[each])}
        # In the order of ids, as everywhere where several are held.
        _note(tx, sorted(changed), now=now)


def forget_reports(tx: Transaction, *, silo: str, now: datetime) -> None:
    """Forgets what a silo said that is given up."""
    said = ReportedHealth.select(ReportedHealth.sentry_app_id).where(ReportedHealth.silo == silo)
    # Noted afterwards: with what the silo said gone, an app may be well.
    ids = sorted(each.sentry_app_id for each in said)
    ReportedHealth.delete().where(ReportedHealth.silo == silo).execute()
    HealthReported.delete().where(HealthReported.silo == silo).execute()
    _note(tx, ids, now=now)


def _own_apps(apps: Sequence[IllApp], *, silo: str, now: datetime) -> Mapping[int, IllApp]:
    # A time that is still to come would be shown to the owner, and be no silo's that means well.
    said = {
        each.sentry_app_id: IllApp(
            sentry_app_id=each.sentry_app_id,
            circuit_opened_at=each.circuit_opened_at and min(each.circuit_opened_at, now),
            parked_at=each.parked_at and min(each.parked_at, now),
        )
        for each in apps
        if each.circuit_opened_at or each.parked_at
    }
    if silo == CONTROL or not said:
        return said
    # Who holds a credential is to call the app, and nobody else is.
    callers = regions_by_id(Category.CREDENTIAL, said)
    return {app_id: each for app_id, each in said.items() if silo in callers[app_id]}


def _replace(tx: Transaction, before: Mapping[int, ReportedHealth], wrong: Mapping[int, IllApp], *, silo: str) -> None:
    well = before.keys() - wrong.keys()
    mine = ReportedHealth.silo == silo
    ReportedHealth.delete().where(mine & ReportedHealth.sentry_app_id.in_(sorted(well))).execute()
    for app_id in sorted(wrong):
        opened_at, parked_at = _times(wrong[app_id])
        row = (silo, app_id, opened_at and instant_text(opened_at), parked_at and instant_text(parked_at))
        tx.database.rows(_SAID.format(instant=instant_mark(tx.database)), row)


def _times(health: IllApp | ReportedHealth) -> tuple[datetime | None, datetime | None]:
    return health.circuit_opened_at, health.parked_at


def _note(tx: Transaction, app_ids: Sequence[int], *, now: datetime) -> None:
    """Puts together what all silos say of these apps, and has owners told of what is new."""
    for app_id in app_ids:
        # Of two silos that report at once each sees what the other has said.
        hold_name(tx, f"app-health:{app_id}")
        said = list(ReportedHealth.select().where(ReportedHealth.sentry_app_id == app_id))
        row = locked(tx, OverallHealth.select().where(OverallHealth.sentry_app_id == app_id)).first()
        overall: OverallHealth = row or OverallHealth(sentry_app_id=app_id)
        was_wrong = (overall.circuit_opened_at is not None, overall.parked_at is not None)
        overall.circuit_opened_at = min(
            (each.circuit_opened_at for each in said if each.circuit_opened_at), default=None
        )
        overall.parked_at = min((each.parked_at for each in said if each.parked_at), default=None)
        for notice in _news(overall, was_wrong, now=now):
            _tell(tx, app_id, notice, now=now)
        overall.save(force_insert=row is None)


def _news(overall: OverallHealth, was_wrong: tuple[bool, bool], *, now: datetime) -> list[Notice]:
    """What the owner has to be told, and notes that it is."""
    was_open, was_parked = was_wrong
    news = []
    if overall.circuit_opened_at and not was_open and _is_due(overall.circuit_told_at, now=now):
        overall.circuit_told_at = now
        news.append(Notice.CIRCUIT_OPENED)
    if overall.parked_at and not was_parked and _is_due(overall.parked_told_at, now=now):
        overall.parked_told_at = now
        news.append(Notice.PARKED)
    if news:
        overall.owes_good_news = True
    elif overall.owes_good_news and not (overall.circuit_opened_at or overall.parked_at):
        overall.owes_good_news = False
        news.append(Notice.WELL)
    return news


def _is_due(told_at: datetime | None, *, now: datetime) -> bool:
    return told_at is None or now - told_at >= TOLD_AGAIN_AFTER


def _tell(tx: Transaction, app_id: int, notice: Notice, *, now: datetime) -> None:
    if not SentryApp.select().where(SentryApp.id == app_id, SentryApp.date_deleted.is_null()).exists():
        return
    made: OwnerNotice = OwnerNotice.create(sentry_app_id=app_id, notice=notice, happened_at=now)
    enqueue(tx, NOTICE_CATEGORY, [made.id], destinations=[OWNERS])
