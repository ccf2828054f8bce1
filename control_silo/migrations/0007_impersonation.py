"""Sessions in which somebody acts as somebody else."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import IdField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class User(peewee.Model):
        id = IdField()

        class Meta:
            database = db
            table_name = "user_account"

    impersonator = peewee.ForeignKeyField(User, field=User.id, null=True, on_delete="CASCADE")
    migrator.migrate(migrator.add_column("session", "impersonator_id", impersonator))
