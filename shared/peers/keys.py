"""The keys that a silo knows at this moment: those of its environment, those that were added, none that was revoked.

Owns the look into the database, which all processes of a silo take once a second: a region is invited and a key ends
without a restart. Refuses to know what keys are used for. A look that fails leaves what was known.
"""

import secrets
import threading
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from cryptography.exceptions import InvalidTag

from shared.clock import Clock
from shared.database.database import Database
from shared.domain.peer import find_kind
from shared.domain.seal import open_sealed, seal
from shared.errors import InvalidInput, KeyNotFound, SiloError
from shared.peers.nonces import SharedNonces
from shared.peers.schema import PeerKey
from shared.rpc.keyring import Key, Keyring

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
"""How long a key that was added or revoked elsewhere may stay unnoticed."""
STOP_SECONDS = 1.0
"""How long stopping waits for a look under way."""


@dataclass(frozen=True)
class KnownKey:
    """A key as operators see it, without its secret."""

    peer: str
    id: str
    is_kept: bool = False
    """Whether it is in the database; else it is in the environment of the silo's processes."""
    added_at: datetime | None = None
    revoked_at: datetime | None = None
    is_shared: bool = False
    """Whether the key of another peer has the same secret, so that each can speak as the other."""


class PeerKeys:
    """``Keys`` of a running silo; safe to share between threads."""

    def __init__(self, environment: Keyring, database: Database, *, seal_key: str | None, clock: Clock) -> None:
        """Args:
        environment: the keys that the silo was started with.
        database: keeps the others.
        seal_key: seals them; None: none can be kept here.
        clock: says when a key was added or revoked.
        """
        self._environment = environment
        self._database = database
        self._seal_key = seal_key
        self._clock = clock
        self._ring = environment
        self._nonces = SharedNonces(database, clock=clock)
        self._stopping = threading.Event()
        self._watch: threading.Thread | None = None

    @property
    def can_keep(self) -> bool:
        """Whether a key that is added is in force at once; else it belongs into the environment."""
        return self._seal_key is not None

    def find(self, key_id: str) -> Key | None:
        """The key of that id, or None."""
        return self._ring.find(key_id)

    def signing(self, target: str, *, caller: str = "") -> Key:
        """The key that signs what is said to a peer: see ``Keys``."""
        return self._ring.signing(target, caller=caller)

    def accept_once(self, nonce: str, *, peer: str, stamped_at: int) -> bool:
        """Records a call that must not be accepted twice: see ``Keys``.

        Raises:
            SiloError: the database cannot be written.
        """
        return self._nonces.remember(nonce, peer=peer, stamped_at=stamped_at)

    def start(self) -> None:
        """Looks now and then from time to time, on a thread of its own."""
        self.look()
        self._watch = threading.Thread(target=self._look_out, name="peer-keys", daemon=True)
        self._watch.start()

    def stop(self) -> None:
        """Ends looking. Idempotent."""
        self._stopping.set()
        if self._watch is not None:
            self._watch.join(STOP_SECONDS)

    def look(self) -> None:
        """Learns what the database says now.

        Raises:
            SiloError: the database cannot be read.
        """
        with self._database.session():
            rows = list(PeerKey.select().order_by(PeerKey.added_at, PeerKey.id))
        revoked = {row.id for row in rows if row.revoked_at is not None}
        kept = [key for row in rows if row.id not in revoked and (key := self._opened(row)) is not None]
        # A key of the environment ends by a row too: no process has to be restarted for it.
        environment = [key for key in self._environment if key.id not in revoked]
        named = {key.id for key in environment}
        # In one assignment, as the threads that look keys up take no lock.
        self._ring = Keyring([*environment, *(key for key in kept if key.id not in named)])

    def add(self, peer: str) -> tuple[Key, bool]:
        """A new key of a peer, the last of its keys; and whether it is in force here from now on.

        It is not where nothing can be sealed: then it has to be put into the environment.

        Raises:
            InvalidInput: nobody can have that name.
        """
        if find_kind(peer) is None:
            raise InvalidInput.at("peer", "control, a region's name, service:<name> or operator:<name> is expected.")
        name = peer.rpartition(":")[2]
        # Readable, for the logs and lists in which an operator looks for it; cut so that the id stays short.
        key = Key(peer=peer, id=f"{name[:48]}-{secrets.token_hex(4)}", secret=secrets.token_hex(32).encode())
        if self._seal_key is None:
            # Given nevertheless: its secret can be put into the environment of both sides.
            return key, False
        sealed = seal(key.secret.decode(), secret=self._seal_key, purpose=_purpose(key.id))
        with self._database.transaction():
            PeerKey.create(id=key.id, peer=peer, sealed=sealed, added_at=self._clock.now())
        self.look()
        return key, True

    def revoke(self, peer: str, key_id: str) -> None:
        """Ends a key: here at once, in the silo's other processes within ``LOOK_SECONDS``. Idempotent.

        Raises:
            KeyNotFound: the peer has no such key.
        """
        now = self._clock.now()
        with self._database.transaction():
            row = PeerKey.get_or_none(PeerKey.id == key_id)
            known = row or self._environment.find(key_id)
            # Both have to fit, so that a slip of the hand ends nobody else's key.
            if known is None or known.peer != peer:
                raise KeyNotFound(metadata={"key": key_id, "peer": peer})
            if row is None:
                # A row without a secret, which is there to say that the environment's key counts no more.
                PeerKey.create(id=key_id, peer=peer, added_at=now, revoked_at=now)
            # The first revocation stays the one that is shown.
            elif row.revoked_at is None:
                PeerKey.update(revoked_at=now).where(PeerKey.id == key_id).execute()
        self.look()

    def list(self) -> list[KnownKey]:
        """Every key, revoked ones included, by peer and id."""
        with self._database.session():
            rows = {row.id: row for row in PeerKey.select()}
        kept = [
            KnownKey(row.peer, row.id, is_kept=row.sealed is not None, added_at=row.added_at, revoked_at=row.revoked_at)
            for row in rows.values()
        ]
        environment = [KnownKey(key.peer, key.id) for key in self._environment if key.id not in rows]
        shared = self._ring.shared_ids
        found = [replace(key, is_shared=key.id in shared) for key in (*kept, *environment)]
        return sorted(found, key=lambda key: (key.peer, key.id))

    def _look_out(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.look()
            except SiloError as exc:
                # What was known stays in force: a database that fails must not silence the silo's peers as well.
                log.warning("peer_keys.not_read", reason=exc.reason)

    def _opened(self, row: PeerKey) -> Key | None:
        if row.sealed is None or self._seal_key is None:
            return None
        try:
            secret = open_sealed(row.sealed, secret=self._seal_key, purpose=_purpose(row.id))
        except (InvalidTag, ValueError):
            # The other keys count nevertheless: one row that cannot be read shuts nobody else out.
            log.warning("peer_keys.not_opened", key=row.id, advice="SILO_SEAL_KEY is not the one that sealed it.")
            return None
        return Key(peer=row.peer, id=row.id, secret=secret.encode())


def _purpose(key_id: str) -> str:
    return f"peer_key/{key_id}"
