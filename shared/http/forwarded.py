r"""The fact that another silo forwarded a request, and the address the client used. Owns its header and its proof.

Links in an answer must name the base URL that the client knows, not the silo's own. Who forwards says what that is in
``x-forwarded-host`` and ``x-forwarded-proto``; a silo believes them only with ``silo-forwarded``, which is
``<key id> <unix seconds> <signature>``: the hex HMAC-SHA256, under the secret of the key, of these lines joined by
``\n``: ``silo-forwarded-v1``, key id, the receiving silo's name, method, path with query, protocol, host, timestamp.

Nothing else is trusted: who asks, a silo finds out by the client's own credentials.
"""

import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.clock import Clock
from shared.domain.peer import is_service
from shared.rpc.keyring import Key, Keys

PROOF_HEADER = "silo-forwarded"
HOST_HEADER = "x-forwarded-host"
PROTOCOL_HEADER = "x-forwarded-proto"
SKEW_SECONDS = 60
"""How far a proof's timestamp may be from the verifier's clock, either way."""
IS_FORWARDED = "silo.forwarded"
"""Key in the scope of a request that another silo has proved to have forwarded."""

_VERSION = "silo-forwarded-v1"
_PROTOCOLS = frozenset({"http", "https"})


class ForwardingProver:
    """The sending side: what to say beside a forwarded request."""

    def __init__(self, keys: Keys, *, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def headers(self, *, silo: str, method: str, target: str, protocol: str, host: str) -> list[tuple[str, str]]:
        """Args:
        silo: name of the silo that is forwarded to.
        method: as it will be sent.
        target: path and query, as they will be sent.
        protocol: ``http`` or ``https``, as the client used it.
        host: the ``Host`` that the client sent.

        Raises:
            SiloUnreachable: no key is shared with that silo.
        """
        key = self._keys.signing(silo)
        timestamp = str(int(self._clock.now().timestamp()))
        signature = _signature(key, (silo, method, target, protocol, host, timestamp))
        return [
            (HOST_HEADER, host),
            (PROTOCOL_HEADER, protocol),
            (PROOF_HEADER, f"{key.id} {timestamp} {signature}"),
        ]


class Forwarded:
    """The receiving side: requests that were forwarded look as the client sent them. Outermost of all middleware."""

    def __init__(self, app: ASGIApp, *, silo: str, keys: Keys, clock: Clock) -> None:
        self._app = app
        self._silo = silo
        self._keys = keys
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if is_proved(scope, silo=self._silo, keys=self._keys, clock=self._clock):
                sent = as_sent_to(scope, protocol=headers[PROTOCOL_HEADER], host=headers[HOST_HEADER])
                scope = {**sent, IS_FORWARDED: True}
        await self._app(scope, receive, send)


def is_proved(scope: Scope, *, silo: str, keys: Keys, clock: Clock) -> bool:
    """Whether another silo forwarded the request, as it is, to the silo of that name."""
    headers = Headers(scope=scope)
    key_id, timestamp, signature = [*headers.get(PROOF_HEADER, "").split(" "), "", "", ""][:3]
    key = keys.find(key_id)
    protocol, host = headers.get(PROTOCOL_HEADER, ""), headers.get(HOST_HEADER, "")
    if (
        key is None
        or is_service(key.peer)
        or protocol not in _PROTOCOLS
        or not (timestamp.isascii() and timestamp.isdecimal())
    ):
        return False
    if abs(clock.now().timestamp() - int(timestamp[:12])) > SKEW_SECONDS:
        return False
    expected = _signature(key, (silo, scope["method"], _target(scope), protocol, host, timestamp))
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass"))


def as_sent_to(scope: Scope, *, protocol: str, host: str) -> Scope:
    """The same request, as if it had been sent to that host."""
    kept = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {**scope, "headers": [(b"host", host.encode("latin-1")), *kept], "scheme": protocol}


def _target(scope: Scope) -> str:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return (path + b"?" + query if query else path).decode("latin-1")


def _signature(key: Key, facts: Iterable[str]) -> str:
    return key.sign("\n".join([_VERSION, key.id, *facts]).encode("utf-8", "surrogatepass"))


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
