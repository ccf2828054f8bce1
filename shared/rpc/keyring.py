"""The keys with which silos sign calls to each other.

Owns the text form ``id:secret[,id:secret…]`` and what each key's place in it means: the first signs, all verify, so
keys rotate without downtime (add the new key last everywhere, move it first everywhere, drop the old one). Refuses to
know what is signed. No secret appears in a repr, an error or a log.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from shared import errors

_KEY_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")


@dataclass(frozen=True)
class Key:
    """One shared secret and the id by which callers name it."""

    id: str
    secret: bytes = field(repr=False)

    def sign(self, message: bytes) -> str:
        """Hex HMAC-SHA256 of the message."""
        mac = self._prepared.copy()
        mac.update(message)
        return mac.hexdigest()

    @cached_property
    def _prepared(self) -> "hmac.HMAC":
        """The HMAC with the secret already absorbed: a copy of it costs less than starting again."""
        return hmac.new(self.secret, digestmod="sha256")


class Keyring:
    """One or more keys, in order."""

    def __init__(self, keys: Sequence[Key]) -> None:
        """Args:
        keys: at least one, with distinct ids.
        """
        if not keys:
            raise errors.ConfigInvalid("At least one signing key is required, as id:secret.")
        self._by_id = {key.id: key for key in keys}
        if len(self._by_id) != len(keys):
            raise errors.ConfigInvalid("Two signing keys have the same id.")
        self.signing = keys[0]

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Reads ``id:secret[,id:secret…]`` (``SILO_RPC_KEYS``); blanks around an entry are ignored.

        Raises:
            ConfigInvalid: the text is not of that form. The sentence names the entry by its place, never by content.
        """
        if not text.strip():
            raise errors.ConfigInvalid("At least one signing key is required, as id:secret.")
        return cls([_parse_entry(entry.strip(), place) for place, entry in enumerate(text.split(","), start=1)])

    def find(self, key_id: str) -> Key | None:
        """The key of that id, or None."""
        return self._by_id.get(key_id)

    def __repr__(self) -> str:
        return f"Keyring(ids={list(self._by_id)})"


def _parse_entry(entry: str, place: int) -> Key:
    key_id, colon, secret = entry.partition(":")
    if not colon or not secret.strip():
        raise errors.ConfigInvalid(f"Entry {place} of the signing keys is not of the form id:secret.")
    if not _KEY_ID.fullmatch(key_id):
        raise errors.ConfigInvalid(
            f"The id in entry {place} of the signing keys must be 1 to 64 letters, digits, dots, dashes or underscores."
        )
    return Key(id=key_id, secret=secret.encode())
