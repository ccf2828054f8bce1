r"""The signature of a call: which silo calls which, with what, and that it is said now and for the first time.

Owns the metadata keys ``silo-key``, ``silo-caller``, ``silo-target``, ``silo-timestamp``, ``silo-nonce`` and
``silo-signature``. The signature is the hex HMAC-SHA256, under the secret of the key, of these lines joined by ``\n``:

    silo-v1
    <key id>
    <caller>
    <target>
    /<package.Service>/<Method>
    <timestamp, unix seconds>
    <nonce, 32 hex digits>
    <hex SHA-256 of the serialized request; of the empty string when the request is a stream>

Refuses to know channels, servers and what a caller may do. A nonce is remembered by the process that accepted it; that
all servers of a silo accept a call once is asked of the keys, which are in its database.
"""

import hmac
import os
import re
import time
from collections.abc import Mapping
from hashlib import sha256
from operator import itemgetter

from shared import errors
from shared.clock import Clock
from shared.rpc.keyring import Key, Keys
from shared.rpc.metadata import Metadata
from shared.rpc.nonces import NonceMemory

SKEW_SECONDS = 60
"""How old a timestamp may be by the verifier's clock."""
FUTURE_SECONDS = 5
"""How far it may be ahead of that clock: a call that is kept back for later is of no use then."""

_HEALTH = "/grpc.health.v1.Health/"
_REFLECTION = "/grpc.reflection."

# First in what is signed: a later form can never be taken for this one.
_VERSION = "silo-v1"
# Bounded, since `int` of a text of any length takes time that a stranger chooses.
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_NONCE = re.compile(r"[0-9a-fA-F]{32}")
_FIELDS = ("silo-key", "silo-caller", "silo-target", "silo-timestamp", "silo-nonce", "silo-signature")
_in_order = itemgetter(*_FIELDS)


def is_health(method: str) -> bool:
    """Whether the method asks for health, which orchestrators do without a signature.

    Args:
        method: ``/package.Service/Method``.
    """
    return method.startswith(_HEALTH)


def is_reflection(method: str) -> bool:
    """Whether the method asks what a server serves, of whatever version of the question.

    Args:
        method: ``/package.Service/Method``.
    """
    return method.startswith(_REFLECTION)


class Signer:
    """Signs calls of one caller to one target."""

    def __init__(self, keys: Keys, *, caller: str, target: str, clock: Clock) -> None:
        """Args:
        keys: the caller's; asked anew for each call, since keys come and go.
        caller: name of the silo that calls, ``service:<name>`` or ``operator:<name>``.
        target: name of the silo that is called; a name, never an address, so proxies are transparent.
        clock: source of the timestamp.

        Raises:
            ConfigInvalid: a name is empty or not printable ASCII, so it could not be sent.
        """
        for name in (caller, target):
            if not (name and name.isascii() and name.isprintable()):
                raise errors.ConfigInvalid(f"The silo name {name!r} is not printable ASCII.")
        self._keys = keys
        self._caller = caller
        self._target = target
        self._clock = clock
        self._names: Metadata = (("silo-caller", caller), ("silo-target", target))

    def sign(self, method: str, *, body: bytes) -> Metadata:
        """The six entries for one attempt of one call; the nonce is new each time.

        Args:
            method: ``/package.Service/Method``.
            body: the serialized request; empty for a request stream.

        Raises:
            SiloUnreachable: no key is shared with the target.
        """
        key = self._keys.signing(self._target, caller=self._caller)
        timestamp = str(int(self._clock.now().timestamp()))
        # From the system and not from a generator of this process, whose copies after a fork would repeat it.
        nonce = os.urandom(16).hex()
        signature = _signature(key, self._caller, self._target, method, timestamp, nonce, body)
        return (
            ("silo-key", key.id),
            *self._names,
            ("silo-timestamp", timestamp),
            ("silo-nonce", nonce),
            ("silo-signature", signature),
        )


class Verifier:
    """Verifies calls to one silo: each key speaks for the peer that it is shared with, and for nobody else."""

    def __init__(self, keys: Keys, *, target: str, clock: Clock) -> None:
        """Args:
        keys: of this silo; each of them verifies.
        target: this silo's name.
        clock: what timestamps are compared with.
        """
        self._keys = keys
        self._target = target
        self._clock = clock
        self._nonces = NonceMemory(window_seconds=SKEW_SECONDS)
        self._started_at, self._started = int(clock.now().timestamp()), time.monotonic()

    def verify(self, method: str, *, metadata: Mapping[str, str | bytes], body: bytes) -> str:
        """The name of the caller. The signature is checked first: nothing in the metadata is believed before that.

        Args:
            method: ``/package.Service/Method`` as received.
            metadata: the call's metadata.
            body: the request exactly as received; empty for a request stream.

        Raises:
            SignatureMissing: one of the six entries is absent or empty.
            KeyUnknown: no key has that id.
            SignatureInvalid: another key, body, method, caller or target was signed, or an entry is malformed.
            CallerWrong: the call is signed, by another peer than it says.
            TargetWrong: the call is signed, for another silo.
            SignatureExpired: the timestamp is older than SKEW_SECONDS, or than this verifier, which could not have
                remembered the call; or more than FUTURE_SECONDS ahead.
            NonceReplayed: this call was accepted before.
        """
        key_id, caller, target, timestamp, nonce, signature = _fields(metadata)
        key = self._keys.find(key_id)
        if key is None:
            raise errors.KeyUnknown(metadata={"key": key_id})
        expected = _signature(key, caller, target, method, timestamp, nonce, body)
        # In constant time, and of bytes: a text that is no ASCII would raise.
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise errors.SignatureInvalid
        # Only now, when it is known that whoever has the key says so: a stranger learns of no key whose it is.
        if caller != key.peer:
            raise errors.CallerWrong(metadata={"caller": caller, "key": key_id})
        if target != self._target:
            raise errors.TargetWrong(metadata={"target": target, "silo": self._target})
        # Last, for it remembers: a call that is refused for something else must not use its nonce up.
        self._refuse_stale_or_replayed(timestamp, nonce)
        return caller

    def accept_once(self, metadata: Mapping[str, str | bytes]) -> bool:
        """Whether no server of this silo has accepted this call before, which this one has verified."""
        # Lower case, since both spellings of a digit are the same nonce.
        _, caller, _, timestamp, nonce, _ = _fields(metadata)
        return self._keys.accept_once(nonce.lower(), peer=caller, stamped_at=int(timestamp))

    def _refuse_stale_or_replayed(self, timestamp: str, nonce: str) -> None:
        now = int(self._clock.now().timestamp())
        if not (_TIMESTAMP.fullmatch(timestamp) and _NONCE.fullmatch(nonce)):
            raise errors.SignatureInvalid
        signed_at, number = int(timestamp), bytes.fromhex(nonce)
        # By whichever clock more time has passed: one that was set back must not shut everybody out.
        has_run_for = max(now - self._started_at, int(time.monotonic() - self._started))
        if not now - min(SKEW_SECONDS, has_run_for) <= signed_at <= now + FUTURE_SECONDS:
            raise errors.SignatureExpired(metadata={"timestamp": timestamp})
        if not self._nonces.remember(number, at=signed_at, now=now):
            raise errors.NonceReplayed


def _fields(metadata: Mapping[str, str | bytes]) -> tuple[str, ...]:
    try:
        values: tuple[str, ...] = _in_order(metadata)
    except KeyError as exc:
        raise errors.SignatureMissing(metadata={"missing": str(exc.args[0])}) from None
    # An empty entry says as little as an absent one.
    if "" in values:
        raise errors.SignatureMissing(metadata={"missing": _FIELDS[values.index("")]})
    return values


def _signature(key: Key, caller: str, target: str, method: str, timestamp: str, nonce: str, body: bytes) -> str:
    # The digest and not the body: it has one length, so that no line can be taken for another.
    digest = sha256(body).hexdigest()
    lines = f"{_VERSION}\n{key.id}\n{caller}\n{target}\n{method}\n{timestamp}\n{nonce}\n{digest}"
    return key.sign(lines.encode())
