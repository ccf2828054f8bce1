"""Keys that were added to a silo, or revoked, while it ran."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import InstantField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class PeerKey(peewee.Model):
        id = peewee.TextField(primary_key=True)
        peer = peewee.TextField()
        sealed = peewee.TextField(null=True)
        added_at = InstantField()
        revoked_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "peer_key"

    db.create_tables([PeerKey])
