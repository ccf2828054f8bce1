"""The variables that both silos read, and the refusal of those that nobody does."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Annotated, ClassVar, Final

from pydantic import Field

from shared.config.forms import ExistingFile, Flag, Keys, Natural, Networks, Positive, Proxies, Reflection
from shared.config.settings import Settings, Shown, Unit
from shared.outgoing.reach import PUBLIC, Reach
from shared.rpc.tls import TlsConfig

DEFAULT_REQUESTS_PER_SECOND: Final = 5_000
"""More than one process answers: clients learn that there is a limit, and operators who want one that bites set it."""
DEFAULT_COMPARE_SECONDS: Final = 600
READ_ELSEWHERE = frozenset(
    {
        *("SILO_DATA", "SILO_TOKEN", "SILO_SESSION"),  # by the command line
        *("SILO_MAIL_URL", "SILO_PUBLISH_REQUESTS_TO"),  # by control, whose environment a region may share
        *("SILO_IMAGE", "SILO_ENV", "CONTROL_HTTP_PORT", "CONTROL_GRPC_PORT"),  # by docker-compose.yml
    }
)
"""Variables with our prefixes that not every silo reads, and none refuses."""

_SHARED_PREFIX = "SILO_"


class TlsSettings(Settings):
    """Mutual TLS between silos: all three files or none."""

    tls_ca: Annotated[ExistingFile | None, Shown("no TLS")] = Field(default=None, validation_alias="SILO_TLS_CA")
    """the certificate of the authority that every silo's certificate is of, for mutual TLS between silos, in PEM"""
    tls_cert: Annotated[ExistingFile | None, Shown("no TLS")] = Field(default=None, validation_alias="SILO_TLS_CERT")
    """this silo's own certificate, and those between it and the authority's, in PEM"""
    tls_key: Annotated[ExistingFile | None, Shown("no TLS")] = Field(default=None, validation_alias="SILO_TLS_KEY")
    """the private key of this silo's certificate, in PEM"""

    @property
    def tls(self) -> TlsConfig | None:
        """None: off."""
        if self.tls_ca is None or self.tls_cert is None or self.tls_key is None:
            return None
        return TlsConfig(self.tls_ca, self.tls_cert, self.tls_key)

    @classmethod
    def problems_between(cls, variables: Mapping[str, str]) -> Iterator[str]:
        names = ("SILO_TLS_CA", "SILO_TLS_CERT", "SILO_TLS_KEY")
        if any(variables.get(name) for name in names):
            yield from (f"{name} is required when TLS is on." for name in names if not variables.get(name))


class SiloSettings(TlsSettings):
    """What both silos read."""

    own_prefix: ClassVar[str]
    """What begins the names of the variables of this silo alone."""

    # A keyring shows no secret of its keys, wherever it is printed.
    keys: Keys = Field(validation_alias="SILO_RPC_KEYS")
    """`peer/id:secret[,…]`: a key names the peer that it is shared with; the first of a peer signs, all verify"""
    allow_private: Annotated[Flag, Shown("off; `silo up` turns it on")] = Field(
        default=False, validation_alias="SILO_WEBHOOK_ALLOW_PRIVATE"
    )
    """lets outgoing requests reach loopback and private addresses"""
    allowed_networks: Annotated[Networks, Shown("none")] = Field(
        default=PUBLIC, validation_alias="SILO_WEBHOOK_ALLOWED_NETWORKS"
    )
    """further networks that outgoing requests may reach, such as `10.1.0.0/16,fd00:1::/32`"""
    requests_per_second: Annotated[Positive, Unit("requests per second")] = Field(
        default=DEFAULT_REQUESTS_PER_SECOND, validation_alias="SILO_REQUESTS_PER_SECOND"
    )
    """what one token or session may make over REST before it gets 429"""
    trusted_proxies: Annotated[Proxies, Shown("none")] = Field(default=(), validation_alias="SILO_TRUSTED_PROXIES")
    """networks of the proxies that stand before this silo, such as `10.1.0.0/16,fd00:1::/32`: of them alone it is
    believed, by `X-Forwarded-For`, from which address a request comes, and their connections are not counted as one
    client's"""
    disabled_enforcement: Flag = Field(default=False, validation_alias="SILO_DISABLED_ENFORCEMENT")
    """the option `sentry-apps.disabled-enforcement` of the original: answers 403 for apps that are disabled"""
    compare_seconds: Annotated[Natural, Unit("seconds")] = Field(
        default=DEFAULT_COMPARE_SECONDS, validation_alias="SILO_COMPARE_SECONDS"
    )
    """between comparisons, in the background, of what another silo holds with what it should hold: what no message
    tells of is found and mended so soon. Also made when a worker starts and when a silo answers again. `0`: none"""

    reflection: Annotated[Reflection, Shown("`signed`; `silo up`: `open`")] = Field(
        default="signed", validation_alias="SILO_REFLECTION"
    )
    """who may ask over gRPC what is served: `open`, anybody; `signed`, whoever signs"""

    @property
    def open_reflection(self) -> bool:
        """Whether anybody may ask what gRPC serves; else whoever signs may."""
        return self.reflection == "open"

    @property
    def reach(self) -> Reach:
        """How far calls to apps may go."""
        return replace(self.allowed_networks, allow_private=self.allow_private)

    @classmethod
    def problems_between(cls, variables: Mapping[str, str]) -> Iterator[str]:
        yield from super().problems_between(variables)
        yield from cls._unknown(variables)

    @classmethod
    def _unknown(cls, variables: Mapping[str, str]) -> Iterator[str]:
        """A variable that has a silo's prefix, or that of all silos, and that nothing reads, is a slip."""
        known = sorted(READ_ELSEWHERE.union(cls.variables()))
        for name in sorted(variables):
            if name.startswith((cls.own_prefix, _SHARED_PREFIX)) and name not in known:
                nearest = get_close_matches(name, known, n=1)
                yield f"{name} is not known" + (f"; did you mean {nearest[0]}?" if nearest else ".")
