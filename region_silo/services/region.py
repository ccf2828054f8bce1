"""What every service of a region needs, as one value; ``bootstrap`` makes the one instance."""

from dataclasses import dataclass, field
from typing import Protocol

from region_silo.config import DEFAULT_MAX_HOOKS, DEFAULT_MAX_PROJECTS, DEFAULT_MAX_RULES
from shared.clock import Clock
from shared.database.database import Database
from shared.domain.happening import Happening
from shared.domain.json_value import JsonObject
from shared.freshness import ReplicaFreshness
from shared.outgoing.client import AppClient
from shared.outgoing.reach import PUBLIC
from shared.peers.keys import PeerKeys


@dataclass(frozen=True, kw_only=True)
class OrganizationLimits:
    """What one organization may have in its region."""

    projects: int = DEFAULT_MAX_PROJECTS
    rules: int = DEFAULT_MAX_RULES
    hooks: int = DEFAULT_MAX_HOOKS


class Describe(Protocol):
    """Says what apps are told of something."""

    def __call__(self, region: "Region", happening: Happening, *, organization_id: int) -> JsonObject | None:
        """The ``data`` of the webhook, as things are now; None: what it happened to is gone. Needs a session."""


@dataclass(frozen=True)
class Region:
    """A region's name, database, clock, knowledge of its replicas, and way to apps."""

    name: str
    database: Database
    clock: Clock
    freshness: ReplicaFreshness
    """How new the replicas are. Whoever applies changes tells it, so whoever waits for them has to hold this one."""
    keys: PeerKeys
    """What signs calls to peers, and verifies theirs."""
    describe: Describe
    """What webhooks say. Called in the transaction of what they tell of, so that later changes do not show in them."""
    outgoing: AppClient = field(default_factory=lambda: AppClient(PUBLIC))
    """Calls the public internet alone unless it was made otherwise."""
    control_url: str | None = None
    """Base URL of control for clients, without a slash at its end; None: not told."""
    enforces_disabled: bool = False
    """Whether what is counted about apps that are disabled cannot be read."""
    limits: OrganizationLimits = field(default_factory=OrganizationLimits)
    """What one organization may have here."""

    def close(self) -> None:
        """Ends the calls to apps, and closes the database. Idempotent."""
        self.outgoing.close()
        self.database.close()
