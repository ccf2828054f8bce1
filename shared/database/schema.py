"""A schema: a folder of migrations with a history of its own. A silo's database holds several, numbered apart."""

from dataclasses import dataclass
from pathlib import Path

from playhouse.migrations import Runner

from shared.database.database import Database


@dataclass(frozen=True)
class Schema:
    """Tables that one package owns."""

    directory: Path
    """Where the migrations lie."""
    history: str
    """The table that says which were applied."""

    def migrate(self, database: Database) -> list[str]:
        """Brings the tables up to date; answers the names of what was applied."""
        return database.migrate(self.directory, history=self.history)

    def list_missing(self, database: Database) -> list[str]:
        """Names of the migrations that the database lacks. Opens a session.

        Raises:
            DatabaseUnavailable: nobody can know.
        """
        runner = Runner(database.peewee, str(self.directory), table_name=self.history)
        with database.session():
            return [each.name for each in runner.status() if each.path is not None and each.applied is None]
