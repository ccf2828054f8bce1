"""Nonces of calls that may be accepted once only, by whichever server."""

import peewee
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class PeerNonce(peewee.Model):
        nonce = peewee.TextField(primary_key=True)
        stamped_at = peewee.BigIntegerField(index=True)

        class Meta:
            database = db
            table_name = "peer_nonce"

    db.create_tables([PeerNonce])
