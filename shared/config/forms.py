"""The forms that a variable's value can have, as types of fields. Each says to the operator what it refuses."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, SecretStr, SkipValidation

from shared.config.settings import Sentence
from shared.domain.address import is_host_and_port, is_http_address, is_origin, is_rpc_address
from shared.domain.peer import CONTROL, is_region_name
from shared.errors import ConfigInvalid
from shared.mail import Mailer, is_address, parse_mailer
from shared.outgoing.reach import Network, Reach, parse_networks
from shared.rpc.keyring import Keyring

_T = TypeVar("_T")
PRIVATE_WORD, PUBLIC_WORD = "private", "public"
"""Among networks: this machine and all private ones; the public internet, which is always among them."""
# As operators write them in compose files and Helm charts, where YAML has made text of them.
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def _refusing(is_right: Callable[[str], bool], problem: str) -> AfterValidator:
    """Refuses a text that is not what the problem says, and shows it."""

    def validate(value: str) -> str:
        if not is_right(value):
            raise ValueError(f"{problem} {value!r}.")
        return value

    return AfterValidator(validate)


def _parsing(parse: Callable[[str], _T]) -> BeforeValidator:
    """Reads a text; what is a value already passes."""

    def validate(value: object) -> object:
        # Tests and the simulator give values; only the environment gives texts.
        if not isinstance(value, str):
            return value
        try:
            return parse(value)
        except ConfigInvalid as exc:
            raise Sentence(exc.message) from exc

    return BeforeValidator(validate)


def _flag(value: str) -> bool:
    if value.lower() not in (*_TRUE, *_FALSE):
        raise ValueError(f"must be on or off, not {value!r}.")
    return value.lower() in _TRUE


def _natural(value: str) -> int:
    # Nine digits at most, so that no sum of limits leaves 64 bits, and none of the other digits that Unicode has.
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", value, re.ASCII):
        raise ValueError(f"must be a whole number from 0 to 999999999, not {value!r}.")
    return int(value)


def _positive(value: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", value, re.ASCII):
        raise ValueError(f"must be a whole number from 1 to 999999999, not {value!r}.")
    return int(value)


def _file(value: Path) -> Path:
    # Found missing at the start and not at the first call between silos.
    if not value.is_file():
        raise ValueError(f": there is no file {value}.")
    return value


def _seal_key(value: SecretStr) -> SecretStr:
    # Its length alone is said: a wrong key in an error would be in a log.
    if not re.fullmatch(r"[0-9a-fA-F]{64}", value.get_secret_value()):
        raise ValueError("must be 32 bytes as 64 hex digits.")
    return value


def _region_networks(text: str) -> Reach:
    words = [word.strip() for word in text.split(",")]
    named = [word for word in words if word not in (PRIVATE_WORD, PUBLIC_WORD)]
    return Reach.parse(named, allow_private=PRIVATE_WORD in words)


RpcAddress = Annotated[str, _refusing(is_rpc_address, "must be host:port, not")]
HostAndPort = Annotated[str, _refusing(is_host_and_port, "must be host:port, not")]
HttpAddress = Annotated[str, _refusing(is_http_address, "must be host:port or a URL, not")]
AdvertisedAddress = Annotated[
    str,
    _refusing(
        lambda text: is_origin(text) if "://" in text else is_host_and_port(text),
        "must be host:port or a URL without a path, not",
    ),
]
Origin = Annotated[
    str,
    _refusing(is_origin, "must be a URL without a path, such as https://silo.example, not"),
    AfterValidator(lambda value: value.rstrip("/")),
]
"""A base URL without a path, kept without a slash at its end."""
Flag = Annotated[bool, _parsing(_flag)]
Natural = Annotated[int, _parsing(_natural)]
Positive = Annotated[int, _parsing(_positive)]
Email = Annotated[str, _refusing(is_address, "must be an e-mail address, not")]
RegionName = Annotated[
    str, _refusing(is_region_name, f"must be lower-case letters, digits and hyphens, and not {CONTROL!r}:")
]
Keys = Annotated[Keyring, _parsing(Keyring.parse)]
SealKey = Annotated[SecretStr, AfterValidator(_seal_key)]
MailServer = Annotated[SkipValidation[Mailer], _parsing(parse_mailer)]
Networks = Annotated[Reach, _parsing(lambda text: Reach.parse(text.split(",")))]
Proxies = Annotated[tuple[Network, ...], _parsing(lambda text: parse_networks(text.split(",")))]
Reflection = Annotated[str, _refusing(lambda value: value in ("open", "signed"), "must be open or signed, not")]
RegionNetworks = Annotated[Reach, _parsing(_region_networks)]
ExistingFile = Annotated[Path, AfterValidator(_file)]
