"""An app's subscription as it was asked for: a resource, where every event of one is there, and else single events.

Regions are told anew of installations whose app hears of anything, as they keep a hook of each; they are migrated
first, so that they know what a resource stands for.
"""

import json

import peewee
from playhouse.migrate import SchemaMigrator

from shared.clock import SystemClock
from shared.database.columns import instant_text
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

_SUBSCRIBED = """
SELECT installation.id FROM sentry_app_installation AS installation
JOIN sentry_app AS app ON app.id = installation.sentry_app_id
WHERE installation.date_deleted IS NULL AND app.events <> '[]'"""
_COUNT_UP = f"UPDATE sentry_app_installation SET version = version + 1 WHERE id IN ({_SUBSCRIBED})"  # noqa: S608 - no values
_ENQUEUE = f"""
INSERT INTO outbox (destination, category, object_id, generation, state, attempts, due_at, enqueued_at)
SELECT region_name, category, object_id, 1, 'due', 0, {{now}}, {{now}}
FROM (SELECT DISTINCT region_name, category, object_id FROM interest) AS wanted
WHERE category = 'installation' AND region_name IS NOT NULL AND object_id IN ({_SUBSCRIBED})
ON CONFLICT (destination, category, object_id) DO UPDATE SET
    generation = outbox.generation + 1, state = excluded.state, attempts = 0, due_at = excluded.due_at"""  # noqa: S608 - no values


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class Subscribed(peewee.Model):
        events = peewee.TextField()

        class Meta:
            database = db
            table_name = "sentry_app"
            primary_key = False

    # By value: there are far fewer subscriptions than apps.
    for (stored,) in tuples_of(Subscribed.select(Subscribed.events).distinct()):
        Subscribed.update(events=_asked(stored)).where(Subscribed.events == stored).execute()
    migrator.migrate(
        migrator.sql(_COUNT_UP),
        migrator.sql(_ENQUEUE.format(now=f"'{instant_text(SystemClock().now())}'")),
    )


def _asked(stored: str) -> str:
    events = set(json.loads(stored))
    whole = {resource for resource, all_of_it in _EVENTS.items() if events >= all_of_it}
    return json.dumps(sorted(whole | events.difference(*(_EVENTS[each] for each in whole))), separators=(",", ":"))
