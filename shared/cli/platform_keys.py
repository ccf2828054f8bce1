"""The secrets by which the silos of one platform know each other: made once, kept, and given to each its own alone.

Owns which silo holds which key. A region shares a key with control and one with the operator; no two regions share any,
so that a region that is taken speaks as itself alone. Refuses to know how a silo is told.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.domain.peer import CONTROL

OPERATOR = "operator:cli"
"""The peer as which the command line calls silos."""


@dataclass(frozen=True)
class PlatformKeys:
    """Keys between control and each region, of each silo with the operator, and with which each silo seals."""

    links: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By region, the ``id:secret`` that it shares with control."""
    operators: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By silo, the ``id:secret`` that it shares with the operator."""
    seals: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By silo, ``SILO_SEAL_KEY``."""

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "PlatformKeys":
        """Raises:
        KeyError: something is missing.
        """
        return cls(links=dict(found["links"]), operators=dict(found["operators"]), seals=dict(found["seals"]))

    def completed(self, regions: Iterable[str], *, shares_operator: bool) -> "PlatformKeys":
        """With whatever control and the regions still lack.

        Args:
            regions: names.
            shares_operator: whether all silos know the operator by one key, as on one machine, where whoever reads one
                reads all. Else each by one of its own.
        """
        silos = (CONTROL, *regions)
        fresh = {silo: _fresh("cli" if shares_operator else f"cli-{silo}") for silo in silos}
        if shares_operator:
            one = self.operators.get(CONTROL, fresh[CONTROL])
            fresh = dict.fromkeys(silos, one)
        return replace(
            self,
            links={**{region: _fresh(region) for region in regions}, **self.links},
            operators={**fresh, **self.operators},
            seals={**{silo: secrets.token_hex(32) for silo in silos}, **self.seals},
        )

    def variables(self, silo: str) -> dict[str, str]:
        """What the environment of a silo says of its keys."""
        regions = self.links if silo == CONTROL else ()
        links = [f"{region}/{self.links[region]}" for region in regions] or [f"{CONTROL}/{self.links[silo]}"]
        entries = [*links, f"{OPERATOR}/{self.operators[silo]}"]
        return {"SILO_RPC_KEYS": ",".join(entries), "SILO_SEAL_KEY": self.seals[silo]}

    def operator_entries(self) -> str:
        """``SILO_RPC_KEYS`` of the operator, who has a key with each silo."""
        return ",".join(f"{silo}/{key}" for silo, key in self.operators.items())


def _fresh(name: str) -> str:
    return f"{name}-{secrets.token_hex(3)}:{secrets.token_hex(32)}"
