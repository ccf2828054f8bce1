"""Who may write through control, and learn secrets from it.

Owns the rule that a region acts only for its own organizations (DESIGN §6).
"""

from control_silo.services.change import region_of_organization
from shared.config import CONTROL
from shared.errors import CallerNotOwner
from shared.outbox.replica_servicer import SERVICE_PREFIX
from shared.rpc.served import current_caller


def require_owner(organization_id: int) -> None:
    """Returns when whoever calls may act for the organization. Needs a session.

    Control itself and callers that are no silo may act for every organization.

    Raises:
        CallerNotOwner: the caller is a region, and the organization lives elsewhere or nowhere.
    """
    caller = current_caller()
    if caller == CONTROL or caller.startswith(SERVICE_PREFIX):
        return
    if region_of_organization(organization_id) != caller:
        raise CallerNotOwner(metadata={"caller": caller, "organization_id": str(organization_id)})
