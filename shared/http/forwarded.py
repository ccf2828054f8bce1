r"""That another silo forwarded a request, the address that the client used, and who asks. Owns headers and proof.

``silo-forwarded`` is ``<key id> <unix seconds> <nonce, 32 hex digits> <signature>``: the hex HMAC-SHA256, under the
secret of the key that the two silos share, of these lines joined by ``\n``:

    silo-forwarded-v2
    <key id>
    <name of the receiving silo>
    <method>
    <path with query, as it is sent>
    <x-forwarded-proto>
    <x-forwarded-host>
    <unix seconds>
    <nonce>
    <silo-principal; empty where there is none>

It is good for 30 seconds; where it speaks for somebody and the method changes something, once, by the memory that all
servers of a silo have in their database. Where it speaks for nobody, whoever repeats it has all that it takes anyway.
Links in an answer must name the base URL that the client knows, not the silo's own: that is what the two
``x-forwarded-…`` say.

From control it is an assertion: the client's credentials stay there, and ``silo-principal`` says to whom they belong.
That is the ``hybridcloud.users.v1.Principal`` that ``IdentityService.Authenticate`` answers the region with, serialized
and in base64url; a large one is ``zlib:`` and the base64url of its compressed form. Without the header it is nobody
whom control knows, such as an SDK that sends events with a project's key. To control a region forwards a client's own
credentials, and asserts nothing.
"""

import base64
import hmac
import os
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.clock import Clock
from shared.domain.peer import CONTROL, PeerKind, find_kind, is_service
from shared.errors import SiloError
from shared.http.errors import error_answer
from shared.rpc.keyring import Key, Keys

PROOF_HEADER = "silo-forwarded"
PRINCIPAL_HEADER = "silo-principal"
HOST_HEADER = "x-forwarded-host"
PROTOCOL_HEADER = "x-forwarded-proto"
CLIENT_HEADER = "x-forwarded-for"
"""From where a request comes: what control says of a client, and proxies of theirs (``client_address.py``)."""
OWN_HEADERS = frozenset({PROOF_HEADER, PRINCIPAL_HEADER, HOST_HEADER, PROTOCOL_HEADER})
"""What one silo says to the other: nothing that a client sends under these names is passed on."""
GOOD_SECONDS = 30
"""How long a proof is good."""
AHEAD_SECONDS = 5
"""How far the clock of the silo that forwards may be ahead."""
CHANGE_NOTHING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that are safe to repeat, whoever does it."""
IS_FORWARDED = "silo.forwarded"
"""Key in the scope of a request that another silo has proved to have forwarded."""
FORWARDED_BY = "silo.forwarded_by"
"""Key in the scope of such a request: the name of that silo."""
PRINCIPAL = "silo.principal"
"""Key in the scope of a request that control has forwarded: the serialized principal, or None for nobody."""

_VERSION = "silo-forwarded-v2"
_PROTOCOLS = frozenset({"http", "https"})
_PROOF = re.compile(r"(\S{1,64}) ([0-9]{1,12}) ([0-9a-f]{32}) ([0-9a-f]{64})")
_COMPRESSED = "zlib:"
_COMPRESS_BYTES = 4096
"""A principal of a few organizations is sent as it is: compressing takes longer than everything else here together."""
_MAX_PRINCIPAL_BYTES = 2**22


class ForwardingProver:
    """The sending side: what to say beside a forwarded request."""

    def __init__(self, keys: Keys, *, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def headers(
        self, *, silo: str, method: str, target: str, protocol: str, host: str, principal: bytes | None = None
    ) -> list[tuple[str, str]]:
        """Args:
        silo: name of the silo that is forwarded to.
        method: as it will be sent.
        target: path and query, as they will be sent.
        protocol: ``http`` or ``https``, as the client used it.
        host: the ``Host`` that the client sent.
        principal: who asks, serialized, as that silo may know them; None for nobody, and to control.

        Raises:
            SiloUnreachable: no key is shared with that silo.
        """
        key = self._keys.signing(silo)
        timestamp, nonce = str(int(self._clock.now().timestamp())), os.urandom(16).hex()
        said = "" if principal is None else _printed(principal)
        signature = _signature(key, (silo, method, target, protocol, host, timestamp, nonce, said))
        proof = (PROOF_HEADER, f"{key.id} {timestamp} {nonce} {signature}")
        named = [] if principal is None else [(PRINCIPAL_HEADER, said)]
        return [(HOST_HEADER, host), (PROTOCOL_HEADER, protocol), proof, *named]


@dataclass(frozen=True)
class _Proof:
    """What a silo has signed, of those that share a key with this one."""

    peer: str
    timestamp: int
    nonce: str
    said: str = field(repr=False)


class Forwarded:
    """The receiving side: requests that were forwarded look as the client sent them. Outermost of all middleware."""

    def __init__(self, app: ASGIApp, *, silo: str, keys: Keys, clock: Clock) -> None:
        self._app = app
        self._silo = silo
        self._keys = keys
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http":
            # Judged before anything else looks at the request, which then shows nothing but what the client sent.
            proof = _find_proof(scope, silo=self._silo, keys=self._keys, clock=self._clock)
            try:
                if proof and self._may_forward(proof.peer) and await self._is_first(scope["method"], proof):
                    scope = self._as_asked(scope, proof)
            except SiloError as unknown:  # whether it is the first: nobody can tell while the database is away
                app = error_answer(unknown)
        await app(scope, receive, send)

    def _may_forward(self, peer: str) -> bool:
        """Regions forward to control and control to regions; nobody else forwards."""
        # Never region to region: a region that was taken must not speak to another one.
        return find_kind(peer) is (PeerKind.REGION if self._silo == CONTROL else PeerKind.CONTROL)

    async def _is_first(self, method: str, proof: _Proof) -> bool:
        # Read twice, it says the same to whoever replays it; remembering it would cost every read.
        if method in CHANGE_NOTHING or not proof.said:
            return True
        return await run_in_threadpool(self._keys.accept_once, proof.nonce, peer=proof.peer, stamped_at=proof.timestamp)

    def _as_asked(self, scope: Scope, proof: _Proof) -> Scope:
        headers = Headers(scope=scope)
        sent = as_sent_to(scope, protocol=headers[PROTOCOL_HEADER], host=headers[HOST_HEADER])
        # Control alone says who asks. A region that said so could ask as anybody.
        principal = {PRINCIPAL: _read(proof.said)} if proof.peer == CONTROL else {}
        return {**sent, IS_FORWARDED: True, FORWARDED_BY: proof.peer, **principal}


class PublicAddress:
    """Requests look as if they were sent there; those that another silo forwarded look as the client sent them."""

    def __init__(self, app: ASGIApp, *, url: str) -> None:
        """Args:
        app: sees the requests.
        url: ``https://silo.example``; of a longer one the beginning.
        """
        self._app = app
        place = urlsplit(url)
        self._protocol, self._host = place.scheme, place.netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and IS_FORWARDED not in scope:
            scope = as_sent_to(scope, protocol=self._protocol, host=self._host)
        await self._app(scope, receive, send)


def forwarded_to(scope: Scope, *, keys: Keys, clock: Clock) -> str | None:
    """The silo that whoever has these keys forwarded the request to, as it is; None where they did not."""
    key = keys.find(Headers(scope=scope).get(PROOF_HEADER, "").partition(" ")[0])
    proof = _find_proof(scope, silo=key.peer, keys=keys, clock=clock) if key else None
    return proof.peer if proof and not is_service(proof.peer) else None


def region_before(scope: Scope) -> str | None:
    """The region that forwarded the request; None where none did."""
    peer = scope.get(FORWARDED_BY, CONTROL)
    return None if peer == CONTROL else str(peer)


def as_sent_to(scope: Scope, *, protocol: str, host: str) -> Scope:
    """The same request, as if it had been sent to that host."""
    # Two hosts in one request would be read by somebody as the other one.
    kept = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {**scope, "headers": [(b"host", host.encode("latin-1")), *kept], "scheme": protocol}


def _find_proof(scope: Scope, *, silo: str, keys: Keys, clock: Clock) -> _Proof | None:
    headers = Headers(scope=scope)
    match = _PROOF.fullmatch(headers.get(PROOF_HEADER, ""))
    protocol, host = headers.get(PROTOCOL_HEADER, ""), headers.get(HOST_HEADER, "")
    if match is None or protocol not in _PROTOCOLS:
        return None
    key_id, timestamp, nonce, signature = match.groups()
    key, said = keys.find(key_id), headers.get(PRINCIPAL_HEADER, "")
    if key is None or not -AHEAD_SECONDS <= clock.now().timestamp() - int(timestamp) < GOOD_SECONDS + 1:
        return None
    # The silo's own name is signed too: what was said to one region is no proof at another.
    facts = (silo, scope["method"], _target(scope), protocol, host, timestamp, nonce, said)
    if not hmac.compare_digest(_signature(key, facts), signature):
        return None
    return _Proof(key.peer, int(timestamp), nonce, said)


def _target(scope: Scope) -> str:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    # Raw bytes: a decoded path could be another one with the same meaning here and a different one there.
    return (path + b"?" + query if query else path).decode("latin-1")


def _signature(key: Key, facts: Iterable[str]) -> str:
    return key.sign("\n".join([_VERSION, key.id, *facts]).encode("utf-8", "surrogatepass"))


def _printed(principal: bytes) -> str:
    if len(principal) <= _COMPRESS_BYTES:
        return base64.urlsafe_b64encode(principal).decode()
    return _COMPRESSED + base64.urlsafe_b64encode(zlib.compress(principal)).decode()


def _read(said: str) -> bytes | None:
    """The principal, in a form that control signed."""
    if not said:
        return None
    if not said.startswith(_COMPRESSED):
        return base64.urlsafe_b64decode(said)
    packed = base64.urlsafe_b64decode(said.removeprefix(_COMPRESSED))
    # Bounded, although control has signed it: a few bytes can unpack to gigabytes.
    return zlib.decompressobj().decompress(packed, _MAX_PRINCIPAL_BYTES)
