"""Who asks, and what they may do where (spec §7): the rules, the same for a client of either silo.

Owns ``Principal``. Refuses to know how credentials are checked, what a silo keeps of a user, and endpoints: which
scopes one demands is the endpoint's to say.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from shared.domain.scopes import ALL_SCOPES, Role


class Account(Protocol):
    """A user, as far as the rules ask; a column of a table and a field of a message are true or false alike."""

    @property
    def is_superuser(self) -> object: ...

    @property
    def is_staff(self) -> object: ...


User = TypeVar("User", bound=Account)


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A person's place in an organization."""

    organization_id: int
    role: Role
    scopes: frozenset[str]
    """What the role allows, as control says it, which may know more scopes than a region does."""
    slug: str | None = None
    """The organization's; None where it was not told."""


@dataclass(frozen=True, kw_only=True)
class ActingApp:
    """The app behind a token, and the installation that the token acts for."""

    app_id: int
    organization_id: int | None
    """The id of the live installation that the token acts for; None when there is none, or none in this region."""
    allowed_origins: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Principal(Generic[User]):
    """Someone whose credentials were checked: a person, or an app in one organization."""

    user: User
    """The person, or the app's proxy, as the silo knows users."""
    joined_at: datetime | None = None
    """When the user was created; None where that was not told."""
    memberships: tuple[Membership, ...] = ()
    """The person's; in a region, those in its organizations. An app has none."""
    token_scopes: frozenset[str] | None = None
    """What the token allows; None for a session, which allows all that its user may."""
    token_id: int | None = None
    """None for a session."""
    acting_app: ActingApp | None = None
    """None for a person."""
    expires_at: datetime | None = None
    """When the credentials end; None: never."""

    @property
    def is_session(self) -> bool:
        """Whether a person sits at a browser."""
        return self.token_scopes is None

    @property
    def is_superuser(self) -> bool:
        """An active superuser, who may do everything everywhere."""
        return bool(self.user.is_superuser)

    @property
    def is_elevated(self) -> bool:
        """An active superuser or an active staff member, who sees everything and has no scopes by that."""
        # One place for the rule: what staff may not do, an endpoint asks of ``is_superuser``.
        return bool(self.user.is_superuser or self.user.is_staff)

    @property
    def member_organization_ids(self) -> list[int]:
        """Organizations that the person is a member of; an app is a member of none."""
        return [place.organization_id for place in self.memberships]

    @property
    def own_organization_ids(self) -> list[int]:
        """Organizations that exist for the principal: a person's, or the one that an app acts in."""
        if self.acting_app:
            return [self.acting_app.organization_id] if self.acting_app.organization_id else []
        return self.member_organization_ids

    def is_member(self, organization_id: int) -> bool:
        """Whether the person belongs to the organization; an app belongs to none."""
        return organization_id in self.member_organization_ids

    def role_in(self, organization_id: int) -> Role | None:
        """The person's role; None for an app and for who does not belong to the organization."""
        return next((place.role for place in self.memberships if place.organization_id == organization_id), None)

    def sees(self, organization_id: int) -> bool:
        """Whether the organization exists for the principal."""
        return self.is_superuser or organization_id in self.own_organization_ids

    def passes(self, scopes: Collection[str]) -> bool:
        """Whether the credentials allow any of the scopes anywhere: what an endpoint asks before it reads anything."""
        # A superuser counts as active with any token of theirs (settled.md), and passes whatever it says.
        return self.token_scopes is None or self.is_superuser or not self.token_scopes.isdisjoint(scopes)

    def scopes_in(self, organization_id: int) -> frozenset[str]:
        """What the principal may do in an organization: the role's scopes, as far as the token allows them."""
        if self.acting_app:
            # An app has no role: its token says all that it may, and only where the token acts.
            is_own = self.acting_app.organization_id == organization_id
            return (self.token_scopes or frozenset()) if is_own else frozenset()
        if self.is_superuser:
            return ALL_SCOPES
        # The role and the token both: a token never gives what its user may not, and may give less.
        held = self._role_scopes(organization_id)
        return held if self.token_scopes is None else held & self.token_scopes

    def holds(self, scopes: Collection[str], *, organization_id: int) -> bool:
        """Whether the principal has one of the scopes in the organization; of none, nobody but a superuser has one."""
        return self.is_superuser or not self.scopes_in(organization_id).isdisjoint(scopes)

    def _role_scopes(self, organization_id: int) -> frozenset[str]:
        found = (place.scopes for place in self.memberships if place.organization_id == organization_id)
        return next(found, frozenset())
