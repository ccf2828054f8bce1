"""Which kinds of peers may call which methods of a silo.

Owns the form of a silo's table and its one judgement, which is made as soon as a caller is known. Refuses to know
services: each silo has a table of its own, beside its servicers. What a caller may say of which object, a servicer
judges itself.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from shared.domain.peer import PeerKind, find_kind
from shared.errors import PermissionDenied

_SPOKEN = {
    PeerKind.CONTROL: "control",
    PeerKind.REGION: "regions",
    PeerKind.SERVICE: "services",
    PeerKind.OPERATOR: "operators",
}


@dataclass(frozen=True)
class Rights:
    """A silo's table. What stands in none of its rows, nobody may call."""

    services: Mapping[str, Collection[PeerKind]] = field(default_factory=dict)
    """By full name of the service."""
    methods: Mapping[str, Collection[PeerKind]] = field(default_factory=dict)
    """By ``package.Service/Method``, where a method differs from its service."""
    open_reflection: bool = False
    """Whether anybody may ask what is served; else whoever signs may."""

    def of(self, method: str) -> Collection[PeerKind]:
        """Who may call a method.

        Args:
            method: ``/package.Service/Method``.
        """
        name = method.removeprefix("/")
        # Nobody, where nothing is said: a service that was forgotten is closed and not open.
        return self.methods.get(name, self.services.get(name.partition("/")[0], ()))

    def require(self, method: str, *, caller: str) -> None:
        """Raises:
        PermissionDenied: callers of that kind may not call the method.
        """
        allowed = self.of(method)
        if find_kind(caller) not in allowed:
            kinds = " and ".join(_SPOKEN[kind] for kind in PeerKind if kind in allowed) or "nobody"
            raise PermissionDenied(f"Only {kinds} may call {method.removeprefix('/')}.", metadata={"caller": caller})
