"""When each alert rule last fired for an issue."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import InstantField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class RuleFiring(peewee.Model):
        rule_id = peewee.BigIntegerField()
        issue_id = peewee.BigIntegerField()
        fired_at = InstantField()

        class Meta:
            database = db
            table_name = "rule_firing"
            primary_key = peewee.CompositeKey("rule_id", "issue_id")

    db.create_tables([RuleFiring])
