"""A credential as silos store and send it: its kind and its hash, never itself."""

import hashlib
from dataclasses import dataclass, field
from enum import Enum


class CredentialKind(Enum):
    """How someone shows who they are."""

    TOKEN = "token"  # noqa: S105 - a word, not a secret
    SESSION = "session"


@dataclass(frozen=True)
class Credential:
    """A bearer token or the key of a browser session."""

    kind: CredentialKind
    hash: str = field(repr=False)
    """Hex SHA-256. The secret has 256 random bits, so a slow hash would add nothing."""

    @classmethod
    def of(cls, kind: CredentialKind, secret: str) -> "Credential":
        """From what a request carries; any text is fine, lone surrogates included."""
        return cls(kind, hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest())
