"""Scopes: which exist, which imply which, and which a role grants.

Owns the rules of spec §7. Refuses to know who asks, of which organization, and how a scope is stored.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "org": ("read", "write", "admin", "integrations", "ci"),
    "member": ("invite", "read", "write", "admin"),
    "team": ("read", "write", "admin"),
    "project": ("read", "write", "admin", "releases", "distribution"),
    "event": ("read", "write", "admin"),
    "alerts": ("read", "write"),
}

_DIRECTLY_IMPLIED: Mapping[str, tuple[str, ...]] = {
    "org:write": ("org:read",),
    # `org:ci` and `project:releases` are implied by nothing: whoever wants them asks for them.
    "org:admin": ("org:write", "org:integrations"),
    "member:invite": ("member:read",),
    "member:write": ("member:invite",),
    "member:admin": ("member:write",),
    "team:write": ("team:read",),
    "team:admin": ("team:write",),
    "project:write": ("project:read",),
    "project:admin": ("project:write",),
    "event:write": ("event:read",),
    "event:admin": ("event:write",),
    "alerts:write": ("alerts:read",),
}

ALL_SCOPES = frozenset(f"{resource}:{action}" for resource, actions in _ACTIONS.items() for action in actions) | {
    "openid",
    "profile",
    "email",
}
"""Every scope that an app may ask for."""

TOKEN_ONLY_SCOPES = frozenset({"project:distribution"})
"""Scopes that no role grants and that an app may be given by someone who lacks them."""

NEVER_BLOCKING_SCOPES = TOKEN_ONLY_SCOPES | {"org:ci"}
"""Scopes that never keep a person from an app's secrets: no role grants them, so not even an owner holds them."""


class Role(StrEnum):
    """A person's place in an organization, weakest first."""

    MEMBER = "member"
    ADMIN = "admin"
    MANAGER = "manager"
    OWNER = "owner"

    @property
    def scopes(self) -> frozenset[str]:
        """What the role allows, closed under the hierarchy."""
        return _ROLE_SCOPES[self]


def close_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes and all that they imply, sorted, each once; unknown ones imply nothing and stay.

    >>> close_scopes(["event:write"])
    ['event:read', 'event:write']
    """
    # Stored closed, so that whoever checks a token looks for one name and follows no hierarchy.
    return sorted({implied for scope in scopes for implied in (scope, *_IMPLIED.get(scope, ()))})


def is_valid_scope(scope: str) -> bool:
    """True for a scope that exists."""
    return scope in ALL_SCOPES


def missing_scopes(wanted: Iterable[str], *, held: Iterable[str]) -> list[str]:
    """The wanted scopes that a holder of ``held`` lacks, sorted; empty means that the holder may see what they guard.

    Implied scopes count as held, and `NEVER_BLOCKING_SCOPES` are never missing.
    """
    # Closed here: who holds ``org:admin`` lacks nothing that it implies.
    return sorted(set(wanted) - NEVER_BLOCKING_SCOPES - set(close_scopes(held)))


def exceeding_scopes(requested: Iterable[str], *, held: Iterable[str], current: Collection[str] = ()) -> list[str]:
    """The requested scopes that a requester with ``held`` may not give to an app, in the order of the request.

    Scopes that the app has already (``current``) and token-only ones may always be asked for (spec §4.2).
    """
    # With those that the app has: whoever edits its name need not hold all that it may.
    allowed = {*close_scopes(held), *current, *TOKEN_ONLY_SCOPES}
    return [scope for scope in dict.fromkeys(requested) if scope not in allowed]


def group_scopes(scopes: Iterable[str]) -> dict[str, list[str]]:
    """Actions by resource, weakest first, for display; a scope without a colon is a resource without actions.

    >>> group_scopes(["team:write", "event:read", "team:read", "email"])
    {'email': [], 'event': ['read'], 'team': ['read', 'write']}
    """
    groups: dict[str, list[str]] = {}
    for scope in sorted(set(scopes), key=_display_order):
        resource, _, action = scope.partition(":")
        groups.setdefault(resource, []).extend([action] if action else [])
    return groups


def _display_order(scope: str) -> tuple[str, int, str]:
    resource, _, action = scope.partition(":")
    known = _ACTIONS.get(resource, ())
    return resource, known.index(action) if action in known else len(known), action


def _implied(scope: str) -> frozenset[str]:
    direct = _DIRECTLY_IMPLIED.get(scope, ())
    # Ends, since a scope implies only weaker ones; a test walks them all.
    return frozenset(direct).union(*(_implied(weaker) for weaker in direct))


def _role_scopes() -> dict[Role, frozenset[str]]:
    added = {
        Role.MEMBER: (
            # As in the original, where members may act on issues; `event:admin` also deletes comments of one's own.
            "alerts:write",
            "event:admin",
            "member:invite",
            "org:read",
            "project:read",
            "project:releases",
            "team:read",
        ),
        Role.ADMIN: ("project:admin", "team:admin", "org:integrations"),
        Role.MANAGER: ("org:write", "member:admin"),
        Role.OWNER: ("org:admin",),
    }
    granted: dict[Role, frozenset[str]] = {}
    so_far: frozenset[str] = frozenset()
    for role, scopes in added.items():
        # Each role has all of the weaker one's, and says what it adds.
        so_far = granted[role] = frozenset(close_scopes(so_far | set(scopes)))
    return granted


_IMPLIED: Mapping[str, frozenset[str]] = MappingProxyType({scope: _implied(scope) for scope in _DIRECTLY_IMPLIED})
_ROLE_SCOPES: Mapping[Role, frozenset[str]] = MappingProxyType(_role_scopes())
