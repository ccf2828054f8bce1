"""Who asks in this region, and what they may do where (spec §7): a value made of what control or a replica said.

Owns ``Principal``. Refuses to know endpoints, and how credentials are checked (``identities``).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.domain.scopes import ALL_SCOPES, Role
from shared.pb.hybridcloud.users.v1 import principal_pb2, user_pb2


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A person's place in an organization of this region."""

    organization_id: int
    role: Role
    scopes: frozenset[str]
    """What the role allows."""


@dataclass(frozen=True, kw_only=True)
class ActingApp:
    """The app behind a token."""

    app_id: int
    organization_id: int | None
    """The live installation that the token acts for; None when there is none in this region."""
    allowed_origins: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Someone whose credentials were checked: a person, or an app in one organization."""

    user: user_pb2.RpcUser
    """The person, or the app's proxy."""
    joined_at: datetime | None = None
    """When the user was created; None when this region was not told."""
    memberships: tuple[Membership, ...] = ()
    """In this region."""
    token: user_pb2.AuthenticatedToken | None = None
    """None for a session, which allows all that its user may."""
    acting_app: ActingApp | None = None
    """None for a person."""
    expires_at: datetime | None = None
    """When the credentials end; None: never."""

    @classmethod
    def from_message(cls, message: principal_pb2.Principal) -> "Principal":
        """The principal as control described it."""
        return cls(
            user=message.user,
            joined_at=_instant(message, "joined_at"),
            memberships=tuple(map(_membership, message.memberships)),
            token=message.auth if message.HasField("auth") else None,
            acting_app=_acting_app(message.app) if message.HasField("app") else None,
            expires_at=_instant(message, "expires_at"),
        )

    @property
    def is_session(self) -> bool:
        """Whether a person sits at a browser."""
        return self.token is None

    @property
    def is_superuser(self) -> bool:
        return self.user.is_superuser

    @property
    def is_elevated(self) -> bool:
        """An active superuser or an active staff member."""
        return self.user.is_superuser or self.user.is_staff

    @property
    def token_scopes(self) -> frozenset[str] | None:
        """What the token allows; None for a session."""
        return None if self.token is None else frozenset(self.token.scopes)

    @property
    def organization_ids(self) -> list[int]:
        """Organizations of this region that are the principal's: a person's own, or the one an app acts in."""
        if self.acting_app:
            return [self.acting_app.organization_id] if self.acting_app.organization_id else []
        return [place.organization_id for place in self.memberships]

    def is_member(self, organization_id: int) -> bool:
        """Whether the person belongs to the organization; an app belongs to none."""
        return any(place.organization_id == organization_id for place in self.memberships)

    def role_in(self, organization_id: int) -> Role | None:
        """The person's role; None for an app and for who does not belong to the organization."""
        return next((place.role for place in self.memberships if place.organization_id == organization_id), None)

    def sees(self, organization_id: int) -> bool:
        """Whether the organization exists for the principal."""
        return self.is_superuser or organization_id in self.organization_ids

    def passes(self, scopes: Collection[str]) -> bool:
        """Whether the credentials allow any of the scopes anywhere: what an endpoint asks before it reads anything."""
        held = self.token_scopes
        return held is None or self.is_superuser or not held.isdisjoint(scopes)

    def scopes_in(self, organization_id: int) -> frozenset[str]:
        """What the principal may do in an organization: the role's scopes, as far as the token allows them."""
        allowed = ALL_SCOPES if self.token_scopes is None or self.is_superuser else self.token_scopes
        if self.acting_app:
            return allowed if self.acting_app.organization_id == organization_id else frozenset()
        held = ALL_SCOPES if self.is_superuser else self._role_scopes(organization_id)
        return held & allowed

    def holds(self, scopes: Collection[str], *, organization_id: int) -> bool:
        """Whether the principal has one of the scopes in the organization."""
        return not self.scopes_in(organization_id).isdisjoint(scopes)

    def _role_scopes(self, organization_id: int) -> frozenset[str]:
        found = (place.scopes for place in self.memberships if place.organization_id == organization_id)
        return next(found, frozenset())


def _membership(message: principal_pb2.Membership) -> Membership:
    return Membership(
        organization_id=message.organization_id, role=Role(message.role), scopes=frozenset(message.scopes)
    )


def _acting_app(message: principal_pb2.ActingApp) -> ActingApp:
    organization_id = message.organization_id if message.HasField("organization_id") else None
    return ActingApp(
        app_id=message.app_id, organization_id=organization_id, allowed_origins=tuple(message.allowed_origins)
    )


def _instant(message: principal_pb2.Principal, name: str) -> datetime | None:
    instant: datetime = getattr(message, name).ToDatetime(UTC)
    return instant if message.HasField(name) else None
