"""Control's configuration (DESIGN §8): a field a variable."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field, SecretStr

from shared.config.forms import Email, HostAndPort, MailServer, Origin, Positive, RegionNetworks, RpcAddress, SealKey
from shared.config.settings import Settings, Shown, Unit
from shared.config.silo import SiloSettings
from shared.domain.address import is_of_this_machine
from shared.mail import NO_SERVER, FolderMailer, Mailer
from shared.outgoing.reach import Reach

_SQLITE = "sqlite:///"
PUBLISH_REQUESTS_TO: Final = "integrations-platform@sentry.io"
"""Whom the original asks to publish an app (spec §2.10)."""
DEFAULT_MAX_APPS: Final = 1_000
DEFAULT_MAX_INSTALLATIONS: Final = 2_000
"""More than any organization was seen to need: they keep one from filling the world's database."""


def _mailer_beside(validated: dict[str, Any]) -> Mailer:
    """Without a mail server, mails are files beside a file of SQLite, as in development; else lines in the log."""
    url: str = validated["database_url"].get_secret_value()
    path = url.removeprefix(_SQLITE)
    # Never none at all without a word: what would have been sent is said in the log.
    return FolderMailer(Path(path).parent / "mail") if path != url else NO_SERVER


def _regions_beside(validated: dict[str, Any]) -> Reach:
    """Where control is reached from its own machine alone, its regions are there, too."""
    # On a server the other way round: a region that says it listens on control's own machine would have it call itself.
    return Reach(allow_private=is_of_this_machine(validated["grpc_listen"]))


class ControlDatabaseConfig(Settings):
    """All that ``migrate`` needs to know."""

    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///.silo/control.db"), validation_alias="CONTROL_DATABASE_URL"
    )
    """`sqlite:///path` or `postgresql://…`, with `?pool=transaction` behind a pooler such as PgBouncer"""


class ControlConfig(SiloSettings, ControlDatabaseConfig):
    """What one process of control needs to know."""

    own_prefix: ClassVar[str] = "CONTROL_"

    grpc_listen: RpcAddress = Field(default="127.0.0.1:50051", validation_alias="CONTROL_GRPC_LISTEN")
    """where control serves gRPC, host:port"""
    http_listen: HostAndPort = Field(default="127.0.0.1:8000", validation_alias="CONTROL_HTTP_LISTEN")
    """where control serves HTTP, host:port"""
    listen_database_url: Annotated[
        SecretStr | None, Shown("the same database; with `pool=transaction`: none, and workers look every second")
    ] = Field(default=None, validation_alias="CONTROL_LISTEN_DATABASE_URL")
    """a direct way to the same database, past any pooler, on which workers hear at once of what was written"""
    public_url: Annotated[Origin | None, Shown("as each request says")] = Field(
        default=None, validation_alias="CONTROL_PUBLIC_URL"
    )
    """where clients reach control behind a proxy that ends TLS, such as `https://silo.example`: links and photos name
    it, and with `https` the cookie of a session is `Secure`. `X-Forwarded-Host` and `-Proto` are believed of nobody"""
    region_networks: Annotated[
        RegionNetworks, Shown("`private` while `CONTROL_GRPC_LISTEN` is of this machine alone, else `public`")
    ] = Field(default_factory=_regions_beside, validation_alias="CONTROL_REGION_NETWORKS")
    """where regions may listen: networks such as `10.1.0.0/16`, `private` (this machine and every private network),
    and always the `public` internet. A region that says it is elsewhere is refused, and not called; where machines are
    given their credentials none can be"""
    seal_key: SealKey = Field(validation_alias="SILO_SEAL_KEY")
    """32 bytes as hex: seals what a silo must be able to read again, such as keys of further peers"""
    mailer: Annotated[
        MailServer, Shown("files in `mail/` beside a SQLite database; else counted in the log and not sent")
    ] = Field(default_factory=_mailer_beside, validation_alias="SILO_MAIL_URL", repr=False)
    """where control's mails go: `smtp://[user:password@]host[:port][?from=address]` (with a password by STARTTLS),
    `smtps://…`, or `file:///folder`"""
    publish_requests_to: Email = Field(default=PUBLISH_REQUESTS_TO, validation_alias="SILO_PUBLISH_REQUESTS_TO")
    """who is asked to publish an app; the default is the original's"""
    max_apps: Annotated[Positive, Unit("apps")] = Field(
        default=DEFAULT_MAX_APPS, validation_alias="CONTROL_MAX_APPS_PER_ORGANIZATION"
    )
    """what one organization may own; a further one is refused with 403"""
    max_installations: Annotated[Positive, Unit("installations")] = Field(
        default=DEFAULT_MAX_INSTALLATIONS, validation_alias="CONTROL_MAX_INSTALLATIONS_PER_ORGANIZATION"
    )
    """what may be installed in one organization; a further one is refused with 403"""
