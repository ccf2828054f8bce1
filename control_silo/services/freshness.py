"""How new control's replicas are. Owns the choice of tables; the wait is ``shared.freshness``'s."""

from shared.category import Category
from shared.database.database import Database
from shared.freshness import WAIT_SECONDS, ReplicaFreshness


def organization_freshness(database: Database, *, wait_seconds: float = WAIT_SECONDS) -> ReplicaFreshness:
    """Of the replicas of organizations: the only ones that control keeps."""
    tables = {Category.ORGANIZATION: "organization_replica"}
    return ReplicaFreshness(database, tables=tables, wait_seconds=wait_seconds)
