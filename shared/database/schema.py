"""A schema: a folder of migrations with a history of its own. A silo's database holds several, numbered apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from playhouse.migrations import Runner

from shared.database.database import Database
from shared.database.migrating import Say, apply_migrations
from shared.errors import ConfigInvalid, DatabaseUnavailable


@dataclass(frozen=True)
class Schema:
    """Tables that one package owns."""

    directory: Path
    """Where the migrations lie."""
    history: str
    """The table that says which were applied."""

    def migrate(self, database: Database, *, say: Say = lambda sentence: None) -> list[str]:
        """Brings the tables up to date; answers the names of what was applied.

        Args:
            database: where they are.
            say: told whom a migration waits for.

        Raises:
            ConfigInvalid: the database is of a newer release, or another silo's.
            DatabaseBusy: somebody held a lock for too long.
        """
        # Before anything is applied: a later release may have changed what these migrations expect.
        self.refuse_newer(database)
        return apply_migrations(database, self.directory, history=self.history, say=say)

    def list_missing(self, database: Database) -> list[str]:
        """Names of the migrations that the database lacks. Opens a session.

        Raises:
            DatabaseUnavailable: nobody can know.
        """
        runner = self._runner(database)
        with database.session():
            # Applied ones without a file are a newer release's, whose `refuse_newer` is the word.
            return [each.name for each in runner.status() if each.path is not None and each.applied is None]

    def refuse_newer(self, database: Database) -> None:
        """Returns when this release knows all that was done to the database. Opens a session.

        An older release would write what a newer one does not expect, and read what it cannot.

        Raises:
            ConfigInvalid: it does not: the database is of a newer release, or another silo's.
            DatabaseUnavailable: nobody can know.
        """
        with database.session():
            self._refuse_unknown(self._runner(database).applied())

    def refuse_older(self, database: Database) -> None:
        """Returns when all was done to the database that this release knows. Opens a session. Implements ``Expected``.

        Raises:
            DatabaseUnavailable: some migration is pending, or nobody can know.
        """
        for name in self.list_missing(database):
            raise DatabaseUnavailable(f"The database is older than this release: {name} is pending; run `migrate`.")

    def _refuse_unknown(self, applied: Iterable[str]) -> None:
        # From the files and not from the runner, which knows of applied ones only that they were.
        known = {path.stem for path in self.directory.glob("[0-9]*.py")}
        for name in sorted(set(applied) - known):
            raise ConfigInvalid(
                f"The database was migrated by a newer release, or for another silo: {name} is not known here."
            )

    def _runner(self, database: Database) -> Runner:
        return Runner(database.peewee, str(self.directory), table_name=self.history)
