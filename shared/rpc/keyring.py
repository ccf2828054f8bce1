"""The keys that a silo shares with its peers.

Owns the text form ``peer/id:secret[,…]`` and what each key's place in it means: a silo signs calls to a peer with the
first key of that peer and accepts all of them, so keys rotate without downtime (add the new key last on both sides,
move it first on both, drop the old one). Refuses to know what is signed. No secret appears in a repr, an error or a
log.
"""

import hmac
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from shared import errors
from shared.domain.peer import find_kind

KEY_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
_FORM = "peer/id:secret, such as control/us-1:0123456789abcdef or operator:cli/op-1:0123456789abcdef"


@dataclass(frozen=True)
class Key:
    """A secret that this silo shares with one peer, and the id by which callers name it."""

    peer: str
    id: str
    secret: bytes = field(repr=False)

    def sign(self, message: bytes) -> str:
        """Hex HMAC-SHA256 of the message."""
        # A copy: an HMAC that was updated is spent, and calls are signed on many threads.
        mac = self._prepared.copy()
        mac.update(message)
        return mac.hexdigest()

    @property
    def entry(self) -> str:
        """The key as ``SILO_RPC_KEYS`` has it, secret included."""
        return f"{self.peer}/{self.id}:{self.secret.decode()}"

    @cached_property
    def _prepared(self) -> "hmac.HMAC":
        """The HMAC with the secret already absorbed: a copy of it costs less than starting again."""
        return hmac.new(self.secret, digestmod="sha256")


class Keys(Protocol):
    """What signs, what verifies and what was accepted, as it is known at the moment of a call."""

    def find(self, key_id: str) -> Key | None:
        """The key of that id, or None."""
        ...

    def signing(self, target: str, *, caller: str = "") -> Key:
        """The key that signs what is said to a peer.

        Args:
            target: the peer.
            caller: whose keys these are. An operator's one key may carry the operator's own name, where all silos that
                know the operator share it; it goes before the target's.

        Raises:
            SiloUnreachable: the two share none, so that nothing said would be heard.
        """
        ...

    def accept_once(self, nonce: str, *, peer: str, stamped_at: int) -> bool:
        """Records a call that must not be accepted twice; False when some server of the silo has accepted it before.

        Args:
            nonce: of a call whose signature was verified.
            peer: who signed it.
            stamped_at: unix seconds that the call was signed with.
        """
        ...


class Keyring:
    """Keys in their order."""

    def __init__(self, keys: Iterable[Key]) -> None:
        """Args:
        keys: with distinct ids.
        """
        self._keys = tuple(keys)
        # An id alone finds the key, since a call names no peer that could be believed yet.
        self._by_id = {key.id: key for key in self._keys}
        if len(self._by_id) != len(self._keys):
            raise errors.ConfigInvalid("Two keys have the same id; an id is one silo's only once.")
        self._first: dict[str, Key] = {}
        for key in self._keys:
            # The first one signs: the order of the entries is how an operator turns keys over.
            self._first.setdefault(key.peer, key)

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Reads ``peer/id:secret[,…]`` (``SILO_RPC_KEYS``); blanks around an entry are ignored.

        Raises:
            ConfigInvalid: the text is not of that form. The sentence names the entry by its place, never by content.
        """
        if not text.strip():
            raise errors.ConfigInvalid(f"At least one key is required, as {_FORM}.")
        # Counted from 1, as the sentences name entries for people.
        return cls(_parse_entry(entry.strip(), place) for place, entry in enumerate(text.split(","), start=1))

    def find(self, key_id: str) -> Key | None:
        """The key of that id, or None."""
        return self._by_id.get(key_id)

    def signing(self, target: str, *, caller: str = "") -> Key:
        """The key that signs what is said to a peer: see ``Keys``."""
        # The operator's own before the target's: one entry may serve for all silos.
        key = self._first.get(caller) or self._first.get(target)
        if key is None:
            raise errors.SiloUnreachable(f"No key is shared with {target}.", metadata={"silo": target})
        return key

    def accept_once(self, nonce: str, *, peer: str, stamped_at: int) -> bool:
        """Always: nothing is kept here, and the memory of the one server that knows these keys is its verifier's."""
        return True

    @property
    def peers(self) -> frozenset[str]:
        """Whom there is a key with."""
        return frozenset(self._first)

    @property
    def shared_ids(self) -> frozenset[str]:
        """Ids of the keys whose secret another peer's key has too."""
        peers: defaultdict[bytes, set[str]] = defaultdict(set)
        for key in self._keys:
            peers[key.secret].add(key.peer)
        # Peers are counted and not keys: one peer may have a secret under two ids while it turns them over.
        return frozenset(key.id for key in self._keys if len(peers[key.secret]) > 1)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __repr__(self) -> str:
        return f"Keyring(ids={list(self._by_id)})"


def _parse_entry(entry: str, place: int) -> Key:
    peer, slash, rest = entry.partition("/")
    key_id, colon, secret = rest.partition(":")
    # By its place and never by its text: the text is a secret.
    if not slash:
        raise errors.ConfigInvalid(f"Entry {place} of the keys names no peer. Each is {_FORM}.")
    if not colon or not secret.strip():
        raise errors.ConfigInvalid(f"Entry {place} of the keys is not of the form {_FORM}.")
    if find_kind(peer) is None:
        raise errors.ConfigInvalid(
            f"The peer in entry {place} of the keys is none: control, a region's name, service:<name> or "
            f"operator:<name>. Each entry is {_FORM}."
        )
    if not KEY_ID.fullmatch(key_id):
        raise errors.ConfigInvalid(
            f"The id in entry {place} of the keys must be 1 to 64 letters, digits, dots, dashes or underscores."
        )
    return Key(peer=peer, id=key_id, secret=secret.encode())
