"""A principal at control, whose user is a row: the organizations that it sees, and what another silo may know of it.

That is the user, the token, and what concerns that silo's organizations alone; the region reads it in its own
``services/principal.py``.
"""

from collections.abc import Collection
from typing import TypeAlias

from control_silo.models.app import SentryApp
from control_silo.models.region import OrganizationReplica
from control_silo.models.user import User
from control_silo.services.interest import organizations_in, regions_of
from shared.category import Category
from shared.domain import principal as rules
from shared.domain.principal import ActingApp
from shared.pb.hybridcloud.users.v1 import principal_pb2, user_pb2

Principal: TypeAlias = rules.Principal[User]

TOKEN_KIND = "api_token"  # noqa: S105 - a kind of token, not one


def list_visible_organizations(principal: Principal, *, offset: int, limit: int) -> list[OrganizationReplica]:
    """Live organizations in id order: one's own, an app's the one of its token, everyone's for the elevated.

    Needs a session.
    """
    query = OrganizationReplica.select().where(~OrganizationReplica.tombstone)
    if not principal.is_elevated:
        query = query.where(OrganizationReplica.id.in_(principal.own_organization_ids))
    return list(query.order_by(OrganizationReplica.id).offset(offset).limit(limit))


def principal_message(principal: Principal, *, region: str) -> principal_pb2.Principal:
    """What a region may know of a principal. Needs a session.

    Args:
        principal: who presented the credentials.
        region: the region that asks; memberships in organizations of others are left out, and of an app that is none of
            its business everything but that it is an app.
    """
    # Asked of the directory and not of the region: where an organization lives is control's to know.
    local = organizations_in(region, principal.own_organization_ids)
    if principal.acting_app and region not in regions_of(Category.APP, principal.acting_app.app_id):
        return _unknown_app(principal, principal.acting_app)
    message = principal_pb2.Principal(user=user_message(principal.user))
    if principal.joined_at:
        message.joined_at.FromDatetime(principal.joined_at)
    # Sorted, so that the same principal is the same bytes, which are signed and remembered.
    for place in sorted(principal.memberships, key=lambda place: place.organization_id):
        if place.organization_id in local:
            # Of the region's organizations alone: where else somebody is a member is none of its business (DESIGN 2).
            scopes = sorted(place.scopes)
            message.memberships.add(organization_id=place.organization_id, role=place.role, scopes=scopes)
    if principal.expires_at:
        message.expires_at.FromDatetime(principal.expires_at)
    if principal.acting_app:
        message.app.CopyFrom(_acting_app(principal.acting_app, local))
    if principal.token_scopes is not None:
        message.auth.CopyFrom(_token(principal, message))
    return message


def user_message(user: User) -> user_pb2.RpcUser:
    return user_pb2.RpcUser(
        id=user.id,
        username=user.username,
        name=user.name,
        email=user.email or None,
        is_superuser=user.is_superuser,
        is_staff=user.is_staff,
        is_sentry_app=user.is_sentry_app,
    )


def _unknown_app(principal: Principal, app: ActingApp) -> principal_pb2.Principal:
    # Enough to log and to refuse; name, scopes of others and organization stay here.
    user = user_pb2.RpcUser(id=principal.user.id, is_sentry_app=True)
    # Its scopes, since the region refuses by them, and tells which one is missing.
    auth = user_pb2.AuthenticatedToken(
        entity_id=principal.token_id or 0,
        kind=TOKEN_KIND,
        user_id=principal.user.id,
        scopes=sorted(principal.token_scopes or ()),
    )
    return principal_pb2.Principal(user=user, auth=auth, app=principal_pb2.ActingApp(app_id=app.app_id))


def _acting_app(app: ActingApp, local: Collection[int]) -> principal_pb2.ActingApp:
    return principal_pb2.ActingApp(
        app_id=app.app_id,
        organization_id=app.organization_id if app.organization_id in local else None,
        allowed_origins=app.allowed_origins,
    )


def _token(principal: Principal, message: principal_pb2.Principal) -> user_pb2.AuthenticatedToken:
    token = user_pb2.AuthenticatedToken(
        entity_id=principal.token_id or 0,
        kind=TOKEN_KIND,
        user_id=principal.user.id,
        scopes=sorted(principal.token_scopes or ()),
    )
    if message.HasField("expires_at"):
        token.expires_at.CopyFrom(message.expires_at)
    if message.app.HasField("organization_id"):
        token.organization_id = message.app.organization_id
    app = SentryApp.get_or_none(SentryApp.id == principal.acting_app.app_id) if principal.acting_app else None
    if app and app.application_id is not None:
        token.application_id = app.application_id
    return token
