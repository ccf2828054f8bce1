"""The kinds of a region: what it owns, and what it holds replicas of."""

from region_silo.replication.app import AppKind
from region_silo.replication.installation import InstallationKind
from region_silo.replication.organization import OrganizationKind
from region_silo.replication.token import TokenKind
from shared.outbox.kind import Kinds


def kinds_of(region_name: str) -> Kinds:
    """The kinds of the region of that name."""
    return Kinds(owned=(OrganizationKind(region_name),), held=(AppKind(), InstallationKind(), TokenKind()))
