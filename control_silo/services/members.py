"""Members of organizations, as the region of an organization may see them."""

from control_silo.models.region import OrganizationReplica
from control_silo.models.user import Member, User
from control_silo.services.control import Control
from shared.errors import PermissionDenied


def find_member(
    control: Control, *, region: str, organization_id: int, user_id: int | None = None, email: str | None = None
) -> User | None:
    """A person who belongs to the organization; None when nobody of that id or address does.

    Args:
        control: knows everyone.
        region: who asks.
        organization_id: of an organization that lives there.
        user_id: whom to find; None to go by ``email``.
        email: in any case.

    Raises:
        PermissionDenied: the organization does not live in that region.
    """
    with control.database.session():
        place = OrganizationReplica.get_or_none(OrganizationReplica.id == organization_id)
        if place is None or place.region_name != region:
            raise PermissionDenied("A region may ask about members of its own organizations alone.")
        known = User.id == user_id if user_id is not None else User.email == (email or "").strip().lower()
        belongs = (Member.organization_id == organization_id) & User.is_active & ~User.is_sentry_app
        members = User.select().join(Member, on=(Member.user == User.id)).where(known & belongs)
        member: User | None = members.order_by(User.id).first()
        return member
