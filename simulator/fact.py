"""What can be known of the objects of the platform by whoever asks for them: the words that window and model share."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class AppFact:
    name: str
    status: str
    resources: frozenset[str]
    """What it subscribes to."""

    def __str__(self) -> str:
        return f"{self.name!r}, {self.status}, which hears {', '.join(sorted(self.resources)) or 'nothing'}"


@dataclass(frozen=True)
class CredentialFact:
    client_secret: str

    def __str__(self) -> str:
        return f"the secret {self.client_secret[:6]}…"


@dataclass(frozen=True)
class InstallationFact:
    app_id: int
    organization_id: int

    def __str__(self) -> str:
        return f"app {self.app_id} in organization {self.organization_id}"


@dataclass(frozen=True)
class TokenFact:
    installation_id: int
    token_hash: str

    def __str__(self) -> str:
        return f"a token of installation {self.installation_id}, {self.token_hash[:6]}…"


Fact: TypeAlias = AppFact | CredentialFact | InstallationFact | TokenFact
