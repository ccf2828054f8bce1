"""Which organizations a principal sees. Owns the query; who is a member where is the principal's."""

from control_silo.models.region import OrganizationReplica
from control_silo.services.identity import Principal


def list_visible_organizations(principal: Principal, *, offset: int, limit: int) -> list[OrganizationReplica]:
    """Live organizations in id order: one's own, an app's the one of its token, everyone's for the elevated.

    Needs a session.
    """
    query = OrganizationReplica.select().where(~OrganizationReplica.tombstone)
    if not principal.is_elevated:
        query = query.where(OrganizationReplica.id.in_(_own_ids(principal)))
    return list(query.order_by(OrganizationReplica.id).offset(offset).limit(limit))


def _own_ids(principal: Principal) -> list[int]:
    if principal.acting_app is None:
        return principal.organization_ids
    return [principal.acting_app.organization_id] if principal.acting_app.organization_id else []
