"""What every service of a region needs. Owns nothing; ``bootstrap`` makes the one instance."""

from dataclasses import dataclass

from shared.clock import Clock
from shared.database import Database


@dataclass(frozen=True)
class Region:
    """A region's name, database and clock."""

    name: str
    database: Database
    clock: Clock
