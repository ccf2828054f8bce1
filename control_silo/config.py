"""Control's configuration (DESIGN §8). A value; the environment is a parameter."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.config import DEFAULT_REQUESTS_PER_SECOND, Environment
from shared.rpc.keyring import Keyring
from shared.rpc.tls import TlsConfig


@dataclass(frozen=True)
class ControlConfig:
    """What one process of control needs to know."""

    database_url: str
    grpc_listen: str
    http_listen: str
    keyring: Keyring
    tls: TlsConfig | None = None
    webhook_allow_private: bool = False
    requests_per_second: int = DEFAULT_REQUESTS_PER_SECOND
    """What one token or session may make over HTTP."""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> "ControlConfig":
        """Raises:
        ConfigInvalid: with every problem found.
        """
        env = Environment(variables)
        config = cls(
            database_url=database_url(variables),
            grpc_listen=env.address("CONTROL_GRPC_LISTEN", "127.0.0.1:50051"),
            http_listen=env.address("CONTROL_HTTP_LISTEN", "127.0.0.1:8000"),
            keyring=env.keyring("SILO_RPC_KEYS"),
            tls=env.tls(),
            webhook_allow_private=env.flag("SILO_WEBHOOK_ALLOW_PRIVATE"),
            requests_per_second=env.positive("SILO_REQUESTS_PER_SECOND", DEFAULT_REQUESTS_PER_SECOND),
        )
        env.finish()
        return config


def database_url(variables: Mapping[str, str]) -> str:
    """Where control's database is; all that ``migrate`` needs to know."""
    return Environment(variables).text("CONTROL_DATABASE_URL", "sqlite:///.silo/control.db")
