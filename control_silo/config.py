"""Control's configuration (DESIGN §8). A value; the environment is a parameter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from shared.config import DEFAULT_REQUESTS_PER_SECOND, Environment
from shared.mail import NO_SERVER, FolderMailer, Mailer
from shared.outgoing.reach import PUBLIC, Reach
from shared.rpc.keyring import Keyring
from shared.rpc.tls import TlsConfig

_SQLITE = "sqlite:///"
PUBLISH_REQUESTS_TO: Final = "integrations-platform@sentry.io"
"""Whom the original asks to publish an app (spec §2.10)."""


@dataclass(frozen=True)
class ControlConfig:
    """What one process of control needs to know."""

    database_url: str
    grpc_listen: str
    http_listen: str
    keys: Keyring
    """Those of the environment."""
    seal_key: str | None = field(default=None, repr=False)
    """Seals what must be read again, such as keys of further peers."""
    open_reflection: bool = False
    """Whether anybody may ask what gRPC serves; else whoever signs may."""
    public_url: str | None = None
    """Where clients reach control; None: where they say that they do."""
    tls: TlsConfig | None = None
    reach: Reach = PUBLIC
    """How far calls to apps may go."""
    requests_per_second: int = DEFAULT_REQUESTS_PER_SECOND
    """What one token or session may make over HTTP."""
    disabled_enforcement: bool = False
    """The option `sentry-apps.disabled-enforcement`: apps that are disabled cannot be read."""
    mailer: Mailer = NO_SERVER
    """The way out for mails."""
    publish_requests_to: str = PUBLISH_REQUESTS_TO
    """Who is asked to publish an app."""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> "ControlConfig":
        """Raises:
        ConfigInvalid: with every problem found.
        """
        env = Environment(variables)
        config = cls(
            database_url=_database_url(env),
            grpc_listen=env.address("CONTROL_GRPC_LISTEN", "127.0.0.1:50051"),
            http_listen=env.address("CONTROL_HTTP_LISTEN", "127.0.0.1:8000"),
            keys=env.keys("SILO_RPC_KEYS"),
            seal_key=env.seal_key("SILO_SEAL_KEY", is_required=True),
            open_reflection=env.open_reflection(),
            public_url=env.optional_origin("CONTROL_PUBLIC_URL"),
            tls=env.tls(),
            reach=env.reach(),
            requests_per_second=env.positive("SILO_REQUESTS_PER_SECOND", DEFAULT_REQUESTS_PER_SECOND),
            disabled_enforcement=env.flag("SILO_DISABLED_ENFORCEMENT"),
            mailer=env.mailer(default=_mailer_beside(_database_url(env))),
            publish_requests_to=env.email("SILO_PUBLISH_REQUESTS_TO", PUBLISH_REQUESTS_TO),
        )
        env.refuse_unknown("CONTROL_")
        env.finish()
        return config


def database_url(variables: Mapping[str, str]) -> str:
    """Where control's database is; all that ``migrate`` needs to know."""
    return _database_url(Environment(variables))


def _database_url(env: Environment) -> str:
    return env.text("CONTROL_DATABASE_URL", "sqlite:///.silo/control.db")


def _mailer_beside(url: str) -> Mailer:
    """Without a mail server, mails are files beside a file of SQLite, as in development; else lines in the log."""
    path = url.removeprefix(_SQLITE)
    return FolderMailer(Path(path).parent / "mail") if path != url else NO_SERVER
