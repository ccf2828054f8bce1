"""Who calls a silo: a silo, a service of the platform, or an operator, told apart by name alone.

Owns the names: ``control``, a region's name, ``service:<name>``, ``operator:<name>``; and how a client is told of a
silo by name. Refuses to know keys, and what a kind of caller may do.
"""

import re
from enum import StrEnum
from functools import lru_cache

from shared.errors import SiloUnreachable

CONTROL = "control"
"""The name of the control silo; no region may have it."""
# Fits into a DNS label with room to spare: names are in certificates and addresses.
REGION_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]|[a-z]")
"""1 to 32 lower-case letters, digits and inner hyphens, starting with a letter."""

_OWN_NAME = r"[0-9A-Za-z._-]{1,64}"
_SERVICE = re.compile(rf"service:{_OWN_NAME}")
_OPERATOR = re.compile(rf"operator:{_OWN_NAME}")


class PeerKind(StrEnum):
    """What a caller is."""

    CONTROL = "control"
    REGION = "region"
    SERVICE = "service"
    OPERATOR = "operator"


@lru_cache(maxsize=1024)
def find_kind(name: str) -> PeerKind | None:
    """What a caller of that name is; None for a name that nobody can have."""
    # By name before by shape: `control` would do for a region's.
    if name == CONTROL:
        return PeerKind.CONTROL
    if _SERVICE.fullmatch(name):
        return PeerKind.SERVICE
    if _OPERATOR.fullmatch(name):
        return PeerKind.OPERATOR
    return PeerKind.REGION if REGION_NAME.fullmatch(name) else None


def certificate_name(name: str) -> str:
    """The DNS name in a certificate of that peer, such as ``us.silo.internal`` or ``web.service.silo.internal``."""
    # A colon cannot be in a DNS name; turned round it is the hierarchy that a certificate authority may be confined to.
    kind, _, own = name.rpartition(":")
    return f"{own}.{kind}.silo.internal" if kind else f"{own}.silo.internal"


def is_region_name(name: str) -> bool:
    """Whether a region may have that name."""
    return find_kind(name) is PeerKind.REGION


def is_service(name: str) -> bool:
    """Whether it is a service's name, or an operator's, who may do what a service may."""
    # An operator may what a service may, and more (DESIGN: peers); never the other way round.
    return find_kind(name) in (PeerKind.SERVICE, PeerKind.OPERATOR)


def silo_away(name: str) -> SiloUnreachable:
    """The refusal of what only the silo could do."""
    spoken = spoken_name(name)
    return SiloUnreachable(f"{spoken[0].upper()}{spoken[1:]} is not available right now.", metadata={"silo": name})


def spoken_name(name: str) -> str:
    """A silo's name in a sentence."""
    return "control" if name == CONTROL else f"the region {name}"
