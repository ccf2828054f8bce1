"""Whom to write to about an app. Owns the choice; sends nothing."""

from control_silo.models.user import Member, User
from shared.database.model import tuples_of
from shared.domain.scopes import Role

_ADDRESSED_ROLES = (Role.OWNER, Role.MANAGER)
"""In this order."""


def notification_emails(*, organization_id: int, creator_label: str) -> list[str]:
    """The address of who made the app or, when that was not recorded, of its organization's owners and managers.

    Args:
        organization_id: of the organization that owns the app.
        creator_label: the app's; only a text with an ``@`` is an address.

    Returns:
        Each address once; [] when there is nobody. Needs a session.
    """
    if "@" in creator_label:
        return [creator_label]
    query = (
        Member.select(Member.role, User.email)
        .join(User)
        .where(Member.organization_id == organization_id, Member.role.in_(_ADDRESSED_ROLES))
        .where(User.is_active, ~User.is_sentry_app, User.email != "")
        .order_by(Member.id)
    )
    people = sorted(tuples_of(query), key=lambda person: _ADDRESSED_ROLES.index(person[0]))
    return list(dict.fromkeys(email for _, email in people))
