"""Firing alert rules: which rules of a project an event meets, and the apps that are told of it (spec §5.2).

Owns the conditions that are understood: the first event of an issue, an issue that comes back, every event. A rule with
another condition, or with a filter, is stored and shown. It fires only where what it asks for is met whatever the part
that is not understood would say: never with a filter, and with such a condition only when any other one suffices.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from region_silo.models.project import Rule
from region_silo.models.replica import AppReplica, InstallationReplica
from region_silo.services.activity import IssueKey, content_of
from region_silo.services.region import Region
from region_silo.services.rules import SENTRY_APP_ACTION
from shared.database.columns import instant_text
from shared.database.statement import instant_mark
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppInstallationStatus
from shared.domain.event import AppEvent
from shared.domain.happening import Happening, RuleMet
from shared.domain.json_value import JsonObject
from shared.domain.webhook import PLATFORM
from shared.webhooks.enqueue import NewDelivery, enqueue_deliveries

SERVICE_ACTION = "sentry.rules.actions.notify_event_service.NotifyEventServiceAction"
"""The action that tells an app without a form of its own; it names the app's slug."""

_CONDITIONS = "sentry.rules.conditions."


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What a rule is asked about."""

    issue: IssueKey
    event_id: str
    environment: str | None
    is_new_issue: bool
    is_regression: bool
    at: datetime


_MEETS: Mapping[str, Callable[[Sighting], bool]] = {
    f"{_CONDITIONS}first_seen_event.FirstSeenEventCondition": lambda sighting: sighting.is_new_issue,
    f"{_CONDITIONS}regression_event.RegressionEventCondition": lambda sighting: sighting.is_regression,
    f"{_CONDITIONS}every_event.EveryEventCondition": lambda sighting: True,
}
# One row back: the rule had not fired for the issue within its frequency, and now has.
_FIRE = """
INSERT INTO rule_firing (rule_id, issue_id, fired_at) VALUES (?, ?, {instant})
ON CONFLICT (rule_id, issue_id) DO UPDATE SET fired_at = excluded.fired_at WHERE rule_firing.fired_at <= {instant}
RETURNING rule_id"""


def fire_rules(tx: Transaction, sighting: Sighting, *, region: Region) -> None:
    """Writes a delivery for every app that a rule of the project names and that the event concerns."""
    # Oldest first, so that an app that two rules name hears of them in the same order each time.
    for rule in Rule.select().where(Rule.project_id == sighting.issue.project_id).order_by(Rule.id):
        if _is_met(rule.definition, sighting) and (actions := _app_actions(rule.definition)):
            # Looked up only for a rule that is met, since most events meet none.
            recipients = [found for action in actions if (found := _recipient(action, sighting))]
            # The firing is noted last: a rule that has nobody to tell keeps its turn for when an app is installed.
            if recipients and _fires(tx, rule, sighting):
                deliveries = [_delivery(rule, sighting, *recipient, region=region) for recipient in recipients]
                enqueue_deliveries(tx, deliveries, now=sighting.at)


def _is_met(definition: Mapping[str, Any], sighting: Sighting) -> bool:
    # None means every environment.
    if definition["environment"] not in (None, sighting.environment):
        return False
    # Not understood here; passed over, it would have apps told of what their user excluded.
    if definition["filters"]:
        return False
    # None stands for a condition that is not understood here, whose answer may be either.
    checks = [_MEETS.get(str(each["id"])) for each in definition["conditions"]]
    met = [check(sighting) for check in checks if check]
    match definition["actionMatch"]:
        case "any":
            # A rule without conditions is met by every event.
            return any(met) or not checks
        case "none":
            return None not in checks and not any(met)
        case _:
            return None not in checks and all(met)


def _app_actions(definition: Mapping[str, Any]) -> list[JsonObject]:
    # Mails and other integrations are kept and shown; who would send them is not here.
    return [each for each in definition["actions"] if each["id"] in (SENTRY_APP_ACTION, SERVICE_ACTION)]


def _recipient(action: JsonObject, sighting: Sighting) -> tuple[JsonObject, InstallationReplica] | None:
    """The app's installation in the organization, confirmed; None when there is none (any more)."""
    installed = (
        (InstallationReplica.organization_id == sighting.issue.organization_id)
        & ~InstallationReplica.tombstone
        & (InstallationReplica.status == SentryAppInstallationStatus.INSTALLED.value)
    )
    if action["id"] == SENTRY_APP_ACTION:
        installed &= InstallationReplica.uuid == str(action.get("sentryAppInstallationUuid"))
    else:
        # This action names the app and no installation: the one that is there now is told.
        named = AppReplica.select(AppReplica.id).where(
            AppReplica.slug == str(action.get("service")), ~AppReplica.tombstone
        )
        installed &= InstallationReplica.sentry_app_id.in_(named)
    installation = InstallationReplica.get_or_none(installed)
    return (action, installation) if installation else None


def _fires(tx: Transaction, rule: Rule, sighting: Sighting) -> bool:
    # By when the event came in, so that two workers with different clocks agree.
    since = sighting.at - timedelta(minutes=int(rule.definition["frequency"]))
    # One statement decides and notes it, so that of two events at once one fires.
    values = (rule.id, sighting.issue.issue_id, instant_text(sighting.at), instant_text(since))
    return bool(tx.database.rows(_FIRE.format(instant=instant_mark(tx.database)), values))


def _delivery(
    rule: Rule, sighting: Sighting, action: JsonObject, installation: InstallationReplica, *, region: Region
) -> NewDelivery:
    form: JsonObject = {
        "id": rule.id,
        "title": rule.name,
        "sentry_app_id": installation.sentry_app_id,
        # Always a list: receivers of the original iterate over it.
        "settings": action.get("settings") or [],
    }
    met = RuleMet(
        event_id=sighting.event_id,
        triggered_rule=rule.name,
        issue_alert=form if action["id"] == SENTRY_APP_ACTION else None,
    )
    happening = Happening(issue_id=sighting.issue.issue_id, actor=PLATFORM, at=sighting.at, detail=met)
    return NewDelivery(
        sentry_app_id=installation.sentry_app_id,
        installation_id=installation.id,
        installation_uuid=installation.uuid,
        organization_id=installation.organization_id,
        issue_id=sighting.issue.issue_id,
        event=AppEvent.EVENT_ALERT_TRIGGERED,
        content=content_of(happening, region=region, organization_id=sighting.issue.organization_id),
    )
