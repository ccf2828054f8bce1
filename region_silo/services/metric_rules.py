"""Alert rules of metrics: stored, once it is known whom their actions mean and the apps agree to their forms.

Owns no opinion on when one fires; that is ``metric_firing``'s.
"""

from collections.abc import Sequence
from typing import Any

from region_silo.models.metric_rule import MetricCount, MetricRule
from region_silo.models.project import Project
from region_silo.models.replica import InstallationReplica
from region_silo.services.region import Region
from region_silo.services.rules import SENTRY_APP_ACTION, UNKNOWN
from shared.database.locking import hold_name
from shared.domain.json_value import JsonObject
from shared.errors import NotFound, ValidationFailed

MAX_RULES_PER_PROJECT = 50
"""Each is counted for, and judged, with every event of its project."""


def create_metric_rule(
    region: Region, *, project: Project, fields: dict[str, Any], triggers: Sequence[JsonObject], user_id: int | None
) -> MetricRule:
    """Stores a rule.

    Args:
        region: where.
        project: whose events it counts.
        fields: its name and columns of its own.
        triggers: as they are stored.
        user_id: who makes it.

    Raises:
        ValidationFailed: the project has as many as it may have.
    """
    now = region.clock.now()
    with region.database.transaction() as tx:
        # Held, so that the bound also holds for requests that come at once.
        hold_name(tx, f"metric-rules-of:{project.id}")
        if MetricRule.select().where(MetricRule.project_id == project.id).count() >= MAX_RULES_PER_PROJECT:
            text = f"You may not exceed {MAX_RULES_PER_PROJECT} metric alerts per project."
            raise ValidationFailed(fields={"projects": [text]})
        return MetricRule.create(
            **fields,
            organization_id=project.organization_id,
            project_id=project.id,
            triggers=list(triggers),
            created_by_id=user_id,
            created_at=now,
            changed_at=now,
        )


def find_metric_rule(organization_id: int, rule_id: int) -> MetricRule | None:
    """A rule of an organization; None when it has none of that id. Needs a session."""
    return MetricRule.get_or_none((MetricRule.organization_id == organization_id) & (MetricRule.id == rule_id))


def list_metric_rules(organization_id: int, *, offset: int, limit: int) -> list[tuple[MetricRule, Project]]:
    """Rules of an organization with the projects that they are of, newest first. Needs a session."""
    own = MetricRule.select().where(MetricRule.organization_id == organization_id)
    rules = list(own.order_by(MetricRule.id.desc()).offset(offset).limit(limit))
    of = {each.id: each for each in Project.select().where(Project.id.in_([rule.project_id for rule in rules]))}
    return [(rule, of[rule.project_id]) for rule in rules]


def change_metric_rule(
    region: Region,
    *,
    rule_id: int,
    project: Project,
    fields: dict[str, Any],
    triggers: Sequence[JsonObject],
) -> MetricRule:
    """Puts another rule in the place of one, whose incident goes on; of another project, counting begins anew.

    Raises:
        NotFound: there is none of that id.
    """
    with region.database.transaction():
        mine = (MetricRule.organization_id == project.organization_id) & (MetricRule.id == rule_id)
        before = MetricRule.get_or_none(mine)
        if before is None:
            raise NotFound
        columns = {**fields, "triggers": list(triggers), "project_id": project.id, "changed_at": region.clock.now()}
        MetricRule.update(columns).where(mine).execute()
        if before.project_id != project.id:
            MetricCount.delete().where(MetricCount.rule_id == rule_id).execute()
        rule: MetricRule = MetricRule.get_by_id(rule_id)
        return rule


def delete_metric_rule(region: Region, *, organization_id: int, rule_id: int) -> None:
    """Deletes a rule; nobody is told that an incident of it is over.

    Raises:
        NotFound: the organization has none of that id.
    """
    with region.database.transaction():
        mine = (MetricRule.organization_id == organization_id) & (MetricRule.id == rule_id)
        if not MetricRule.delete().where(mine).execute():
            raise NotFound
        MetricCount.delete().where(MetricCount.rule_id == rule_id).execute()


def resolve_actions(organization_id: int, triggers: Sequence[JsonObject]) -> list[JsonObject]:
    """The triggers with the app of each action looked up, which says its installation or the app. Needs a session.

    Raises:
        ValidationFailed: the app is not installed in the organization.
    """
    return [
        {**trigger, "actions": [_resolved(organization_id, action) for action in trigger["actions"]]}  # type: ignore[union-attr]
        for trigger in triggers
    ]


def _resolved(organization_id: int, action: Any) -> JsonObject:
    uuid, app_id = action["installation_uuid"], action["sentry_app_id"]
    mine = (InstallationReplica.organization_id == organization_id) & ~InstallationReplica.tombstone
    meant = InstallationReplica.uuid == uuid if uuid else InstallationReplica.sentry_app_id == app_id
    found = InstallationReplica.select().where(mine & meant).order_by(InstallationReplica.id).first()
    if found is None:
        raise ValidationFailed(fields={"triggers": [UNKNOWN.format(uuid=uuid or app_id)]})
    return {**action, "installation_uuid": found.uuid, "sentry_app_id": found.sentry_app_id}


def forms_of(triggers: Sequence[JsonObject]) -> list[JsonObject]:
    """The actions whose form was filled in, as ``announce_actions`` takes them."""
    actions: list[Any] = [action for trigger in triggers for action in trigger["actions"]]  # type: ignore[union-attr]
    return [
        {
            "id": SENTRY_APP_ACTION,
            "sentryAppInstallationUuid": action["installation_uuid"],
            "settings": action["settings"],
            "hasSchemaFormConfig": action["has_form"],
        }
        for action in actions
        if action["settings"] or action["has_form"]
    ]
