"""A region's configuration (DESIGN §8): a field a variable."""

from typing import Annotated, ClassVar, Final

from pydantic import Field, SecretStr, field_validator

from shared.config.forms import (
    AdvertisedAddress,
    HostAndPort,
    HttpAddress,
    Origin,
    Positive,
    RegionName,
    RpcAddress,
    SealKey,
)
from shared.config.settings import Settings, Shown, Unit
from shared.config.silo import SiloSettings
from shared.domain.http_address import base_url
from shared.domain.peer import CONTROL
from shared.rpc.keyring import Keyring

DEFAULT_EVENTS_PER_MINUTE: Final = 30_000
"""More than one process stores: it bounds a flood, and operators who want a quota set one."""
DEFAULT_MAX_PROJECTS: Final = 1_000
DEFAULT_MAX_RULES: Final = 5_000
DEFAULT_MAX_HOOKS: Final = 10_000
"""More than any organization was seen to need: they keep one from filling the region's database."""


class RegionDatabaseConfig(Settings):
    """All that ``migrate`` needs to know."""

    # Without a default: a region that took another's name would be refused by control, and not know why.
    name: RegionName = Field(validation_alias="REGION_NAME")
    """the region's name, such as `us` or `de`"""
    database_url: Annotated[SecretStr, Shown("`sqlite:///.silo/region-<name>.db`")] = Field(
        default_factory=lambda validated: SecretStr(f"sqlite:///.silo/region-{validated['name']}.db"),
        validation_alias="REGION_DATABASE_URL",
    )
    """`sqlite:///path` or `postgresql://…`, with `?pool=transaction` behind a pooler such as PgBouncer"""


class RegionConfig(SiloSettings, RegionDatabaseConfig):
    """What one process of a region needs to know."""

    own_prefix: ClassVar[str] = "REGION_"

    grpc_listen: RpcAddress = Field(default="127.0.0.1:50061", validation_alias="REGION_GRPC_LISTEN")
    """where the region serves gRPC, host:port"""
    listen_database_url: Annotated[
        SecretStr | None, Shown("the same database; with `pool=transaction`: none, and workers look every second")
    ] = Field(default=None, validation_alias="REGION_LISTEN_DATABASE_URL")
    """a direct way to the same database, past any pooler, on which workers hear at once of what was written"""
    http_listen: HostAndPort = Field(default="127.0.0.1:8001", validation_alias="REGION_HTTP_LISTEN")
    """where the region serves HTTP, host:port"""
    advertised_grpc: Annotated[RpcAddress, Shown("`REGION_GRPC_LISTEN`")] = Field(
        # A default of another field, so that the same address is not written twice on a laptop.
        default_factory=lambda validated: validated["grpc_listen"],
        validation_alias="REGION_ADVERTISED_GRPC",
    )
    """how control reaches the region's gRPC, host:port"""
    advertised_http: Annotated[AdvertisedAddress, Shown("`REGION_HTTP_LISTEN`; links name what each request says")] = (
        Field(default_factory=lambda validated: validated["http_listen"], validation_alias="REGION_ADVERTISED_HTTP")
    )
    """how control and clients reach the region's HTTP: host:port, or a URL without a path, such as
    `https://us.silo.example`, which is also what the region's own links name"""
    control_target: RpcAddress = Field(default="127.0.0.1:50051", validation_alias="REGION_CONTROL_TARGET")
    """how the region reaches control's gRPC, host:port"""
    control_http: Annotated[
        HttpAddress | None,
        Shown("what control owns is not found in the region, and answers name the address that it was asked at"),
    ] = Field(default=None, validation_alias="REGION_CONTROL_HTTP")
    """how the region reaches control's HTTP, to forward what control owns: host:port, or a base URL. Its answers name
    control by it too, unless it is given `CONTROL_PUBLIC_URL`"""
    control_public_url: Annotated[Origin | None, Shown("`REGION_CONTROL_HTTP`")] = Field(
        default=None, validation_alias="CONTROL_PUBLIC_URL"
    )
    """where clients reach control, as control is told: the region's answers name control by it"""
    seal_key: Annotated[SealKey | None, Shown("no key can be added while the region runs")] = Field(
        default=None, validation_alias="SILO_SEAL_KEY"
    )
    """32 bytes as hex: seals what a silo must be able to read again, such as keys of further peers"""

    events_per_minute: Annotated[Positive, Unit("events per minute")] = Field(
        default=DEFAULT_EVENTS_PER_MINUTE, validation_alias="REGION_EVENTS_PER_MINUTE"
    )
    """what the key of one project may send to one process before it gets 429; an envelope counts as one at least"""

    max_projects: Annotated[Positive, Unit("projects")] = Field(
        default=DEFAULT_MAX_PROJECTS, validation_alias="REGION_MAX_PROJECTS_PER_ORGANIZATION"
    )
    """what one organization may have; a further one is refused with 403"""
    max_rules: Annotated[Positive, Unit("alert rules")] = Field(
        default=DEFAULT_MAX_RULES, validation_alias="REGION_MAX_RULES_PER_ORGANIZATION"
    )
    """what one organization may have in all its projects, of which each has 500 at most; a further one is refused with
    400, as the original does"""
    max_hooks: Annotated[Positive, Unit("hooks")] = Field(
        default=DEFAULT_MAX_HOOKS, validation_alias="REGION_MAX_HOOKS_PER_ORGANIZATION"
    )
    """what services may make for one organization beside those of its installations"""

    # A region without control's key could serve nobody: control sends what it holds, and is asked for the rest.
    @field_validator("keys")
    @classmethod
    def _knows_control(cls, keys: Keyring) -> Keyring:
        if CONTROL not in keys.peers:
            raise ValueError(f"has no key of {CONTROL}: an entry {CONTROL}/id:secret is needed.")
        return keys

    @property
    def control_url(self) -> str | None:
        """Base URL by which answers name control; None: none is known."""
        named = self.control_public_url or self.control_http
        return base_url(named) if named else None

    @property
    def public_url(self) -> str | None:
        """Where clients reach this region; None: where they say that they do, since no base URL was advertised."""
        return self.advertised_http.rstrip("/") if "://" in self.advertised_http else None
