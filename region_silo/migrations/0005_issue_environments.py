"""The environments that each issue was seen in; those of the events that are there already are read from them."""

import peewee
from playhouse.migrate import SchemaMigrator

_FROM_EVENTS = (
    "INSERT INTO issue_environment (issue_id, environment) "
    "SELECT DISTINCT issue_id, COALESCE({environment}, '') FROM event"
)


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class IssueEnvironment(peewee.Model):
        issue_id = peewee.BigIntegerField()
        environment = peewee.TextField()

        class Meta:
            database = db
            table_name = "issue_environment"
            primary_key = peewee.CompositeKey("issue_id", "environment")

    db.create_tables([IssueEnvironment])
    is_postgresql = isinstance(db, peewee.PostgresqlDatabase)
    environment = "outline::json ->> 'environment'" if is_postgresql else "json_extract(outline, '$.environment')"
    db.execute_sql(_FROM_EVENTS.format(environment=environment))  # type: ignore[no-untyped-call]
