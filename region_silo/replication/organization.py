"""Organizations, which the region owns where they live. Control holds all of them, and nobody else any."""

from collections.abc import Collection, Iterable

from region_silo.models.organization import Organization
from region_silo.services.organization import organization_message
from shared.category import Category
from shared.outbox.kind import OwnedKind
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class OrganizationKind(OwnedKind):
    """Organizations; control gives out their ids."""

    category = Category.ORGANIZATION
    live = "SELECT id FROM organization"

    def states(self, ids: Collection[int]) -> Iterable[tuple[int, replica_pb2.OrganizationState]]:
        for organization in Organization.select().where(Organization.id.in_(ids)):
            message = organization_message(organization, self.silo)
            yield organization.id, replica_pb2.OrganizationState(organization=message)
