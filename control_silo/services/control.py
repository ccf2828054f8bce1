"""What every service of control needs, as one value; ``bootstrap`` makes the one instance."""

from dataclasses import dataclass, field

from control_silo.config import DEFAULT_MAX_APPS, DEFAULT_MAX_INSTALLATIONS, PUBLISH_REQUESTS_TO
from control_silo.services.regions import RegionChannels
from shared.clock import Clock
from shared.database.database import Database
from shared.freshness import ReplicaFreshness
from shared.mail import NO_SERVER, Mailer
from shared.outgoing.client import AppClient
from shared.outgoing.reach import PUBLIC
from shared.peers.keys import PeerKeys


@dataclass(frozen=True)
class Control:
    """Control's database, clock, knowledge of its replicas, and ways to the regions and to apps."""

    database: Database
    clock: Clock
    freshness: ReplicaFreshness
    """How new the replicas are. Whoever applies changes tells it, so whoever waits for them has to hold this one."""
    regions: RegionChannels
    keys: PeerKeys
    """What signs calls to peers, and verifies theirs."""
    outgoing: AppClient = field(default_factory=lambda: AppClient(PUBLIC))
    """Calls the public internet alone unless it was made otherwise."""
    enforces_disabled: bool = False
    """Whether apps that are disabled, and their installations, cannot be read."""
    mailer: Mailer = NO_SERVER
    """The way out for mails; never used inside a transaction."""
    publish_requests_to: str = PUBLISH_REQUESTS_TO
    """Who is asked to publish an app."""
    max_apps: int = DEFAULT_MAX_APPS
    """How many one organization may own."""
    max_installations: int = DEFAULT_MAX_INSTALLATIONS
    """How many one organization may have."""
