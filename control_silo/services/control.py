"""What every service of control needs. Owns nothing; ``bootstrap`` makes the one instance."""

from dataclasses import dataclass
from typing import TypeVar

import peewee

from control_silo.services.regions import RegionChannels
from shared.clock import Clock
from shared.database import Database, Dialect, Model

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Control:
    """Control's database, clock, and way to the regions."""

    database: Database
    clock: Clock
    regions: RegionChannels

    def locked(self, query: "peewee.ModelSelect[M]") -> "peewee.ModelSelect[M]":
        """The query, holding its rows until the transaction ends. SQLite's transactions hold everything already."""
        return query.for_update() if self.database.dialect is Dialect.POSTGRESQL else query
