"""The deliveries' own migrations, the same in every silo, with a history of their own."""

from pathlib import Path

from shared.database.database import Database


def migrate_webhooks(database: Database) -> list[str]:
    """Brings the deliveries' tables up to date; answers the names of what was applied."""
    return database.migrate(Path(__file__).parent / "migrations", history="schema_migration_webhooks")
