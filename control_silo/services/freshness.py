"""How new control's replicas are. Owns the choice of tables; the wait is ``shared.freshness``'s."""

from control_silo.services.control import Control
from shared.category import Category
from shared.freshness import ReplicaFreshness


def organization_freshness(control: Control) -> ReplicaFreshness:
    """Of the replicas of organizations: the only ones that control keeps."""
    return ReplicaFreshness(control.database, tables={Category.ORGANIZATION: "organization_replica"})
