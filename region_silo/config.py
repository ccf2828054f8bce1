"""A region's configuration (DESIGN §8). A value; the environment is a parameter."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.config import DEFAULT_REQUESTS_PER_SECOND, Environment
from shared.domain.http_address import base_url
from shared.domain.peer import CONTROL
from shared.outgoing.reach import PUBLIC, Reach
from shared.rpc.keyring import Keyring
from shared.rpc.tls import TlsConfig


@dataclass(frozen=True)
class RegionConfig:
    """What one process of a region needs to know."""

    name: str
    database_url: str
    grpc_listen: str
    http_listen: str
    advertised_grpc: str
    """How control reaches this region's gRPC."""
    advertised_http: str
    """How control and clients reach this region's HTTP."""
    control_target: str
    """How this region reaches control's gRPC."""
    keys: Keyring
    """Those of the environment."""
    seal_key: str | None = field(default=None, repr=False)
    """Seals what must be read again, such as keys of further peers; None: no key can be added while it runs."""
    open_reflection: bool = False
    """Whether anybody may ask what gRPC serves; else whoever signs may."""
    control_http: str | None = None
    """How this region reaches control's HTTP; None: what control owns is not found here."""
    control_public_url: str | None = None
    """Where clients reach control; None: as this region does, or, where that is not known either, as this region."""
    tls: TlsConfig | None = None
    reach: Reach = PUBLIC
    """How far calls to apps may go."""
    requests_per_second: int = DEFAULT_REQUESTS_PER_SECOND
    """What one token or session may make over HTTP."""
    disabled_enforcement: bool = False
    """The option `sentry-apps.disabled-enforcement`: apps that are disabled cannot be read."""

    @property
    def control_url(self) -> str | None:
        """Base URL by which answers name control; None: none is known."""
        named = self.control_public_url or self.control_http
        return base_url(named) if named else None

    @property
    def public_url(self) -> str | None:
        """Where clients reach this region; None: where they say that they do, since no base URL was advertised."""
        return self.advertised_http if "://" in self.advertised_http else None

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> "RegionConfig":
        """Raises:
        ConfigInvalid: with every problem found.
        """
        env = Environment(variables)
        grpc_listen = env.address("REGION_GRPC_LISTEN", "127.0.0.1:50061")
        http_listen = env.address("REGION_HTTP_LISTEN", "127.0.0.1:8001")
        name = env.region_name("REGION_NAME")
        config = cls(
            name=name,
            database_url=env.text("REGION_DATABASE_URL", f"sqlite:///.silo/region-{name}.db"),
            grpc_listen=grpc_listen,
            http_listen=http_listen,
            advertised_grpc=env.address("REGION_ADVERTISED_GRPC", grpc_listen),
            advertised_http=env.http_address("REGION_ADVERTISED_HTTP", http_listen),
            control_target=env.address("REGION_CONTROL_TARGET", "127.0.0.1:50051"),
            keys=env.keys("SILO_RPC_KEYS", of=CONTROL),
            seal_key=env.seal_key("SILO_SEAL_KEY", is_required=False),
            open_reflection=env.open_reflection(),
            control_http=env.optional_http_address("REGION_CONTROL_HTTP"),
            control_public_url=env.optional_origin("CONTROL_PUBLIC_URL"),
            tls=env.tls(),
            reach=env.reach(),
            requests_per_second=env.positive("SILO_REQUESTS_PER_SECOND", DEFAULT_REQUESTS_PER_SECOND),
            disabled_enforcement=env.flag("SILO_DISABLED_ENFORCEMENT"),
        )
        env.refuse_unknown("REGION_")
        env.finish()
        return config


@dataclass(frozen=True)
class RegionDatabaseConfig:
    """All that ``migrate`` needs to know."""

    name: str
    database_url: str

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> "RegionDatabaseConfig":
        """Raises:
        ConfigInvalid: the region has no name.
        """
        env = Environment(variables)
        name = env.region_name("REGION_NAME")
        env.finish()
        return cls(name=name, database_url=env.text("REGION_DATABASE_URL", f"sqlite:///.silo/region-{name}.db"))
