"""Alert rules of projects: stored as given. Owns no opinion on when one fires; that is ``rule_firing``'s."""

from region_silo.models.project import Project
from region_silo.models.rule import Rule, RuleFiring
from region_silo.services.region import Region
from region_silo.services.row_lock import locked
from shared.domain.json_value import JsonObject
from shared.errors import NotFound, ValidationFailed

MAX_RULES_PER_PROJECT = 500
"""Each is looked at for every event of its project."""


def create_rule(region: Region, *, project: Project, name: str, definition: JsonObject, user_id: int | None) -> Rule:
    """Stores a rule.

    Raises:
        ValidationFailed: the project has as many as it may have.
    """
    with region.database.transaction() as tx:
        # Under the project's lock, so that the bound also holds for requests that come at once.
        locked(tx, Project.select(Project.id).where(Project.id == project.id)).first()
        if Rule.select().where(Rule.project_id == project.id).count() >= MAX_RULES_PER_PROJECT:
            text = f"You may not exceed {MAX_RULES_PER_PROJECT} rules per project."
            raise ValidationFailed(fields={"conditions": [text]})
        return Rule.create(
            project_id=project.id,
            name=name,
            definition=definition,
            created_by_id=user_id,
            created_at=region.clock.now(),
        )


def find_rule(project_id: int, rule_id: int) -> Rule | None:
    """A rule of a project; None when it has none of that id. Needs a session."""
    return Rule.get_or_none((Rule.project_id == project_id) & (Rule.id == rule_id))


def list_rules(project_id: int, *, offset: int = 0, limit: int = MAX_RULES_PER_PROJECT) -> list[Rule]:
    """Rules of a project, newest first. Needs a session."""
    own = Rule.select().where(Rule.project_id == project_id)
    return list(own.order_by(Rule.id.desc()).offset(offset).limit(limit))


def delete_rule(region: Region, *, project_id: int, rule_id: int) -> None:
    """Deletes a rule.

    Raises:
        NotFound: the project has none of that id.
    """
    with region.database.transaction():
        if not Rule.delete().where((Rule.project_id == project_id) & (Rule.id == rule_id)).execute():
            raise NotFound
        RuleFiring.delete().where(RuleFiring.rule_id == rule_id).execute()
