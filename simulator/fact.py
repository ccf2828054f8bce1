"""What can be known of the objects of the platform by whoever asks for them: the words that window and model share."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class AppFact:
    name: str
    status: str
    resources: frozenset[str]
    """What it subscribes to."""


@dataclass(frozen=True)
class CredentialFact:
    client_secret: str


@dataclass(frozen=True)
class InstallationFact:
    app_id: int
    organization_id: int


@dataclass(frozen=True)
class TokenFact:
    installation_id: int
    token_hash: str


Fact: TypeAlias = AppFact | CredentialFact | InstallationFact | TokenFact
