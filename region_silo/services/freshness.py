"""How new this region's replicas are. Owns the choice of tables; the wait is ``shared.freshness``'s."""

from shared.category import Category
from shared.database.database import Database
from shared.freshness import WAIT_SECONDS, ReplicaFreshness

_TABLES = {
    Category.APP: "app_replica",
    Category.INSTALLATION: "installation_replica",
    Category.TOKEN: "token_replica",
}


class Freshness(ReplicaFreshness):
    """Of the replicas of apps, installations and tokens; components are as new as their app."""

    def __init__(self, database: Database, *, wait_seconds: float = WAIT_SECONDS) -> None:
        super().__init__(database, tables=_TABLES, wait_seconds=wait_seconds)
