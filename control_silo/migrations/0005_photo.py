"""The bytes of apps' pictures."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import BytesField, IdField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class SentryAppAvatar(peewee.Model):
        id = IdField()

        class Meta:
            database = db
            table_name = "sentry_app_avatar"

    class SentryAppPhoto(peewee.Model):
        id = IdField()
        avatar = peewee.ForeignKeyField(SentryAppAvatar, unique=True, on_delete="CASCADE")
        photo = BytesField()

        class Meta:
            database = db
            table_name = "sentry_app_photo"

    db.create_tables([SentryAppPhoto])
