"""Alert rules of projects: stored as given, once the apps whose action they name agree.

Owns no opinion on when one fires; that is ``rule_firing``'s. ``announce_actions`` makes calls, so never inside a
session or transaction.
"""

from collections.abc import Sequence
from typing import cast

import peewee

from region_silo.models.project import Project, Rule, RuleFiring
from region_silo.services.app_reader import AppReader
from region_silo.services.region import Region
from shared.app_service.alert_component import ALERT_RULE_ACTION
from shared.asking.alert_action import AlertAction, announce_alert_actions
from shared.asking.ask import Asking
from shared.database.locking import hold_name
from shared.domain.alert_settings import NO_FORM, check_settings
from shared.domain.app_error import AppError
from shared.domain.json_field import FieldInvalid
from shared.domain.json_value import JsonObject
from shared.errors import InstallationNotFound, NotFound, ValidationFailed
from shared.pb.hybridcloud.apps.v1 import component_pb2
from shared.rpc.json_struct import object_of

MAX_RULES_PER_PROJECT = 500
"""Each is looked at for every event of its project."""
SENTRY_APP_ACTION = "sentry.rules.actions.notify_event_sentry_app.NotifyEventSentryAppAction"
"""The action that tells an app; it names the app's installation."""
UNKNOWN = "Could not identify an installation in this organization by the UUID {uuid}"


def create_rule(region: Region, *, project: Project, name: str, definition: JsonObject, user_id: int | None) -> Rule:
    """Stores a rule.

    Raises:
        ValidationFailed: the project or its organization has as many as it may have.
    """
    with region.database.transaction() as tx:
        # Held, so that the bounds also hold for requests that come at once.
        hold_name(tx, f"rules-of:{project.organization_id}")
        own = Rule.select().where(Rule.project_id == project.id)
        _require_room(own, MAX_RULES_PER_PROJECT, per="project")
        is_organizations = Project.organization_id == project.organization_id
        of_organization = Rule.select().join(Project, on=Project.id == Rule.project_id).where(is_organizations)
        _require_room(of_organization, region.limits.rules, per="organization")
        return Rule.create(
            project_id=project.id,
            name=name,
            definition=definition,
            created_by_id=user_id,
            created_at=region.clock.now(),
        )


def _require_room(rules: "peewee.ModelSelect[Rule]", limit: int, *, per: str) -> None:
    # Counted no further than the bound: an organization may have thousands.
    if rules.limit(limit).count() >= limit:
        raise ValidationFailed(fields={"conditions": [f"You may not exceed {limit} rules per {per}."]})


def find_rule(project_id: int, rule_id: int) -> Rule | None:
    """A rule of a project; None when it has none of that id. Needs a session."""
    return Rule.get_or_none((Rule.project_id == project_id) & (Rule.id == rule_id))


def list_rules(project_id: int, *, offset: int = 0, limit: int = MAX_RULES_PER_PROJECT) -> list[Rule]:
    """Rules of a project, newest first. Needs a session."""
    own = Rule.select().where(Rule.project_id == project_id)
    return list(own.order_by(Rule.id.desc()).offset(offset).limit(limit))


def change_rule(region: Region, *, project_id: int, rule_id: int, name: str, definition: JsonObject) -> Rule:
    """Puts another definition in a rule's place; when it last fired for an issue stays.

    Raises:
        NotFound: the project has none of that id.
    """
    with region.database.transaction():
        mine = (Rule.project_id == project_id) & (Rule.id == rule_id)
        # One statement, which says by its count whether there was one: nothing comes between a look and a write.
        if not Rule.update(name=name, definition=definition).where(mine).execute():
            raise NotFound
        rule: Rule = Rule.get_by_id(rule_id)
        return rule


def delete_rule(region: Region, *, project_id: int, rule_id: int) -> None:
    """Deletes a rule.

    Raises:
        NotFound: the project has none of that id.
    """
    with region.database.transaction():
        if not Rule.delete().where((Rule.project_id == project_id) & (Rule.id == rule_id)).execute():
            raise NotFound
        # No foreign key does it: firings are written for every event and are kept without one.
        RuleFiring.delete().where(RuleFiring.rule_id == rule_id).execute()


def announce_actions(apps: AppReader, asking: Asking, *, organization_id: int, actions: Sequence[JsonObject]) -> None:
    """Tells each app whose action the user filled in a form for (``hasSchemaFormConfig``), as the original does.

    Args:
        apps: knows installations and their components.
        asking: through which apps are told.
        organization_id: of the rule's project.
        actions: of the rule, checked.

    Raises:
        ValidationFailed: an installation is not the organization's, or an app does not agree: in its own words.
        SiloUnreachable: only control knows an installation, and it is away.
    """
    # All are looked up before any app is called: a rule that is refused has told nobody.
    of_apps = [action for action in actions if action["id"] == SENTRY_APP_ACTION]
    contexts = [_context(apps, action, organization_id=organization_id) for action in of_apps]
    for context, action in zip(contexts, of_apps, strict=True):
        # Of all of them before the first app is told.
        _check(context, action)
    told = [
        AlertAction(context=context, fields=cast(Sequence[JsonObject], action.get("settings", [])))
        for context, action in zip(contexts, of_apps, strict=True)
        # Only where a form was filled in: the original calls no app for an action without one.
        if action.get("hasSchemaFormConfig") is True
    ]
    try:
        announce_alert_actions(asking, told)
    except AppError as error:
        raise _refusal(error.message) from error


def _context(
    apps: AppReader, action: JsonObject, *, organization_id: int
) -> component_pb2.RpcSentryAppComponentContext:
    uuid = str(action["sentryAppInstallationUuid"])
    try:
        context = apps.get_alert_action(uuid)
    except InstallationNotFound as exc:
        raise _refusal(UNKNOWN.format(uuid=uuid)) from exc
    # In the same words as for no installation at all: uuids of others are not confirmed.
    if context.installation.organization_id != organization_id:
        raise _refusal(UNKNOWN.format(uuid=uuid))
    return context


def _check(context: component_pb2.RpcSentryAppComponentContext, action: JsonObject) -> None:
    """Raises:
    ValidationFailed: the app has no form for rules, or what was entered does not fit it.
    """
    app = context.installation.sentry_app.name
    if context.component.type != ALERT_RULE_ACTION:
        raise _refusal(NO_FORM.format(app=app))
    form = object_of(context.component.app_schema).get("settings")
    try:
        settings = cast(Sequence[JsonObject], action.get("settings") or [])
        check_settings(settings, form if isinstance(form, dict) else {}, app=app)
    except FieldInvalid as invalid:
        raise _refusal(invalid.texts[0]) from invalid


def _refusal(text: str) -> ValidationFailed:
    return ValidationFailed(fields={"actions": [text]})
