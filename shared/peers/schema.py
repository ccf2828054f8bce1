"""The tables about peers, the same in every silo, with migrations and a history of their own."""

from pathlib import Path

import peewee

from shared.database.columns import InstantField
from shared.database.database import Database
from shared.database.model import Model
from shared.database.schema import Schema


class PeerKey(Model):
    """A key that was added while the silo ran, or one of its environment that was revoked."""

    id = peewee.TextField(primary_key=True)
    peer = peewee.TextField()
    sealed = peewee.TextField(null=True)
    """The secret, sealed with ``SILO_SEAL_KEY``; None: the environment has it."""
    added_at = InstantField()
    revoked_at = InstantField(null=True)

    class Meta:
        table_name = "peer_key"


SCHEMA = Schema(Path(__file__).parent / "migrations", "schema_migration_peers")


def migrate_peers(database: Database) -> list[str]:
    """Brings the tables about peers up to date; answers the names of what was applied."""
    return SCHEMA.migrate(database)
