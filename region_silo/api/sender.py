"""Who sends events: the public key of a DSN, wherever a sender puts it. Owns the places and the original's refusals."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.requests import Request

from shared.errors import CredentialsInvalid, CredentialsMissing, MalformedBody

MISSING = "missing authorization information"
SEVERAL = "multiple authorization payloads detected"

_PUBLIC_KEY = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)
_SCHEME = re.compile(r"\s*sentry\s+", re.IGNORECASE)


def public_key_of(request: Request, *, dsn: str | None = None) -> str:
    """The key of a request: from ``X-Sentry-Auth`` or ``Authorization: Sentry …``, the query, or an envelope's DSN.

    Args:
        request: as it was sent.
        dsn: of the envelope; it may repeat what the request says, and speaks for it when that says nothing.

    Raises:
        CredentialsMissing: there is none.
        CredentialsInvalid: there are two, or one that is no key.
        MalformedBody: the envelope is for somebody else than the request.
    """
    keys = [*_keys_in_headers(request), *request.query_params.getlist("sentry_key")]
    if len(keys) > 1:
        raise CredentialsInvalid(SEVERAL)
    own = _dsn_key(dsn) if dsn is not None else None
    if keys and own is not None and keys[0] != own:
        raise MalformedBody("invalid event envelope: it is addressed to another public key than the request")
    key = keys[0] if keys else own
    if not key:
        raise CredentialsMissing(MISSING)
    if not _PUBLIC_KEY.fullmatch(key):
        raise CredentialsInvalid("bad sentry DSN public key")
    return key


def _keys_in_headers(request: Request) -> Iterable[str]:
    for name in ("x-sentry-auth", "authorization"):
        header = request.headers.get(name, "")
        scheme = _SCHEME.match(header)
        if scheme:
            yield _key_in(header[scheme.end() :])
        elif name == "x-sentry-auth" and header:
            raise CredentialsInvalid("bad x-sentry-auth header")


def _key_in(parameters: str) -> str:
    pairs = (pair.partition("=") for pair in parameters.split(","))
    keys = [value.strip() for name, _, value in pairs if name.strip() == "sentry_key"]
    if len(keys) != 1:
        raise CredentialsInvalid("bad x-sentry-auth header")
    return keys[0]


def _dsn_key(dsn: str) -> str:
    try:
        key = urlsplit(dsn).username
    except ValueError as exc:
        raise MalformedBody("invalid event envelope: its DSN is none") from exc
    if not key:
        raise MalformedBody("invalid event envelope: its DSN is none")
    return key
