"""The kinds of control: what it owns, and what it holds replicas of."""

from control_silo.replication.app import AppKind
from control_silo.replication.installation import InstallationKind
from control_silo.replication.organization import OrganizationKind
from control_silo.replication.token import TokenKind
from shared.outbox.kind import Kinds

KINDS = Kinds(owned=(AppKind(), InstallationKind(), TokenKind()), held=(OrganizationKind(),))
