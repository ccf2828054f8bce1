"""A hook's subscription as it was asked for: a resource, where every event of one is there, and else single events."""

import json

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.model import tuples_of

# What each resource stood for until now. Not the table of the code: that one grows, and an event that comes later is in
# no subscription that was stored before.
_ACTIONS = {
    "issue": "assigned created ignored resolved unresolved",
    "error": "created",
    "comment": "created deleted updated",
    "seer": "coding_completed coding_started impact_assessment_completed impact_assessment_started iteration_completed "
    "iteration_started pr_created root_cause_completed root_cause_started solution_completed solution_started "
    "triage_completed triage_started",
    "preprod_artifact": "build_distribution_completed size_analysis_completed",
    "size_analysis": "completed",
}
_EVENTS = {resource: {f"{resource}.{each}" for each in actions.split()} for resource, actions in _ACTIONS.items()}


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class Subscribed(peewee.Model):
        events = peewee.TextField()

        class Meta:
            database = db
            table_name = "service_hook"
            primary_key = False

    # By value: there are far fewer subscriptions than hooks.
    for (stored,) in tuples_of(Subscribed.select(Subscribed.events).distinct()):
        Subscribed.update(events=_asked(stored)).where(Subscribed.events == stored).execute()


def _asked(stored: str) -> str:
    events = set(json.loads(stored))
    whole = {resource for resource, all_of_it in _EVENTS.items() if events >= all_of_it}
    return json.dumps(sorted(whole | events.difference(*(_EVENTS[each] for each in whole))), separators=(",", ":"))
