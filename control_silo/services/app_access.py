"""Who may do what to an app or an installation (spec §4 and §7). Pure rules over a principal; raises nothing.

Owns the scopes that each operation asks for. Refuses to know HTTP and gRPC: the edges turn a no into their answers.
"""

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.services.principal import Principal
from shared.domain.scopes import missing_scopes

READ_SCOPES = frozenset({"org:read", "org:integrations", "org:write", "org:admin"})
"""Read an app that is not published, an organization's apps, or its installations."""
WRITE_SCOPES = frozenset({"org:write", "org:admin"})
"""Create or change an app."""
ADMIN_SCOPES = frozenset({"org:admin"})
"""Delete an app or ask for its publication."""
INSTALL_SCOPES = frozenset({"org:integrations", "org:write", "org:admin"})
"""Install and uninstall."""


def sees_app(principal: Principal, app: SentryApp) -> bool:
    """Whether the app exists for the principal: it is published, one of their organizations', or they are elevated."""
    # Membership and not a scope: what one may not read is refused with 403, what does not exist for one with 404.
    return app.is_published or principal.is_elevated or principal.is_member(app.owner_id)


def may_read_app(principal: Principal, app: SentryApp) -> bool:
    """A published app may be read by anyone."""
    return app.is_published or principal.is_elevated or principal.holds(READ_SCOPES, organization_id=app.owner_id)


def readable_owners(principal: Principal) -> list[int]:
    """The principal's organizations whose apps may be read, published or not: a token may allow less than its user."""
    return [
        owner_id
        for owner_id in principal.member_organization_ids
        if principal.holds(READ_SCOPES, organization_id=owner_id)
    ]


def may_change_app(principal: Principal, app: SentryApp) -> bool:
    return principal.is_elevated or principal.holds(WRITE_SCOPES, organization_id=app.owner_id)


def may_change_avatar(principal: Principal, app: SentryApp) -> bool:
    """Staff members may not: of what belongs to an app they change nothing, only the app itself."""
    return principal.holds(WRITE_SCOPES, organization_id=app.owner_id)


def may_administer_app(principal: Principal, app: SentryApp) -> bool:
    """Staff members may not."""
    return principal.holds(ADMIN_SCOPES, organization_id=app.owner_id)


def may_change_tokens(principal: Principal, app: SentryApp) -> bool:
    """Staff members may not."""
    return principal.holds(WRITE_SCOPES, organization_id=app.owner_id)


def may_read_requests(principal: Principal, app: SentryApp) -> bool:
    """The log of calls: an internal app's for any member, others' for managers and above; for no app, ever."""
    if principal.acting_app:
        return False
    return principal.holds(READ_SCOPES if app.is_internal else WRITE_SCOPES, organization_id=app.owner_id)


def may_redeliver(principal: Principal, app: SentryApp) -> bool:
    """Sending webhooks again: for managers and above, never for an app."""
    return principal.acting_app is None and principal.holds(WRITE_SCOPES, organization_id=app.owner_id)


def may_know_of_secret(principal: Principal, app: SentryApp) -> bool:
    """Whether the app exists for the principal, as far as its client secret goes: published or not, for members."""
    return principal.is_superuser or principal.is_member(app.owner_id)


def may_see_ownership(principal: Principal, app: SentryApp) -> bool:
    """Whether the client id and the owner are shown."""
    return principal.is_elevated or principal.is_member(app.owner_id)


def may_see_secrets(principal: Principal, app: SentryApp) -> bool:
    """Whether the client secret and the values of custom headers are shown: to those who can do all the app can."""
    if principal.is_elevated:
        return True
    held = principal.scopes_in(app.owner_id)
    # Whoever has the secret can act as the app: so they must be allowed everything that it is allowed.
    return principal.is_member(app.owner_id) and "org:write" in held and not missing_scopes(app.scope_list, held=held)


def is_partnership_restricted(app: SentryApp) -> bool:
    """Whether a partnership freezes the app."""
    return app.metadata.get("partnership_restricted") is True


def may_install(principal: Principal, app: SentryApp, *, organization_id: int) -> bool:
    """Published apps anywhere, others only where they are owned; a superuser any app anywhere."""
    # Superusers, not staff: installing hands out rights in an organization that is not one's own.
    return principal.is_superuser or app.is_published or app.owner_id == organization_id


def acts_for(principal: Principal, installation: SentryAppInstallation) -> bool:
    """Whether the principal is the app of the installation, by a token of that one and of none elsewhere."""
    app, place = principal.acting_app, installation.organization_id
    return app is not None and (app.app_id, app.organization_id) == (installation.sentry_app_id, place)


def may_see_code(principal: Principal, installation: SentryAppInstallation) -> bool:
    """Whether the code is shown that the app exchanges for its first token; to no other app."""
    if principal.acting_app and not acts_for(principal, installation):
        return False
    return "org:integrations" in principal.scopes_in(installation.organization_id)
