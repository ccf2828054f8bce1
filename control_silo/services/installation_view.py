"""What a viewer sees of installations beside the rows themselves. Owns who may see a grant's code. Needs a session."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from control_silo.models.application import ApiGrant
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from control_silo.models.user import Member, User
from shared.domain.scopes import Role

CODE_SCOPE = "org:integrations"


@dataclass(frozen=True)
class Viewer:
    """A user for whom something is shown."""

    user_id: int
    token_scopes: Collection[str] | None
    """What the user's token allows; None when there is no token, so that the user's roles alone decide."""


def find_visible_codes(installations: Collection[SentryAppInstallation], *, viewer: Viewer | None) -> Mapping[int, str]:
    """By installation id, the codes of the grants that the viewer may see (spec §4.5)."""
    # The token limits its user: without the scope the roles are not even looked at.
    if viewer is None or (viewer.token_scopes is not None and CODE_SCOPE not in viewer.token_scopes):
        return {}
    organizations = {installation.organization_id for installation in installations}
    allowed = {each for each in organizations if _may_see_codes(viewer, organization_id=each)}
    # A grant is of one installation, so that it leads back to it.
    grants = {each.api_grant_id: each.id for each in installations if each.organization_id in allowed}
    rows = ApiGrant.select(ApiGrant.id, ApiGrant.code).where(ApiGrant.id.in_([grant for grant in grants if grant]))
    return {grants[grant.id]: grant.code for grant in rows}


def organization_slugs(installations: Iterable[SentryAppInstallation]) -> Mapping[int, str]:
    """By organization id, the slugs of the organizations that these are installed in."""
    ids = {installation.organization_id for installation in installations}
    rows = OrganizationReplica.select(OrganizationReplica.id, OrganizationReplica.slug)
    return {each.id: each.slug for each in rows.where(OrganizationReplica.id.in_(ids))}


def _may_see_codes(viewer: Viewer, *, organization_id: int) -> bool:
    # Whoever may not sign in sees nothing, also where another program asks for them.
    user = User.get_or_none(User.id == viewer.user_id, User.is_active)
    if user is None:
        return False
    member = Member.get_or_none(Member.user == user, Member.organization_id == organization_id)
    return bool(user.is_superuser or (member and CODE_SCOPE in Role(member.role).scopes))
