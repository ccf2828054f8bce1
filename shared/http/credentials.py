"""What a request shows to say who asks. Owns the forms of ``Authorization`` and the cookie; checks nothing."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field

from starlette.requests import Request

from shared.errors import CredentialsInvalid

SESSION_COOKIE = "sentrysid"
"""Cookie of a browser session; alone enough on the API, because it is ``SameSite=Strict``."""


@dataclass(frozen=True)
class BasicCredentials:
    """E-mail address and password of someone who signs in."""

    email: str
    password: str = field(repr=False)


def bearer_token(request: Request) -> str | None:
    """The token of ``Authorization: Bearer``; None when there is no such header.

    Raises:
        CredentialsInvalid: the header holds no token, or more than one word.
    """
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    token = rest.strip()
    if not token:
        raise CredentialsInvalid("Invalid token header. No credentials provided.")
    # The original's words; a client that sent two of them learns which mistake it is.
    if " " in token:
        raise CredentialsInvalid("Invalid token header. Token string should not contain spaces.")
    return token


def basic_credentials(request: Request) -> BasicCredentials | None:
    """E-mail and password of ``Authorization: Basic``; None when there is no such header.

    Raises:
        CredentialsInvalid: the header is malformed.
    """
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        # At the first colon: a password may have further ones (RFC 7617, 2).
        email, colon, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as exc:
        raise CredentialsInvalid("Invalid basic header. Credentials not correctly base64 encoded.") from exc
    if not colon:
        raise CredentialsInvalid("Invalid basic header. Credentials not correctly base64 encoded.")
    return BasicCredentials(email, password)


def session_key(request: Request) -> str | None:
    """The value of the session cookie; None when there is none."""
    # An empty cookie is what a browser keeps of one that was taken back.
    return request.cookies.get(SESSION_COOKIE) or None


def client_key(request: Request) -> bytes | None:
    """What tells this client from others: a digest of the token or session that will count, however it is spelled.

    None for a request without one. A password is none: it is shown to sign in, and counted there. Nor is anything else
    in the header: a stranger could make up another one for each request, and be answered what anybody is.
    """
    try:
        token = bearer_token(request)
    except CredentialsInvalid:
        token = None
    shown = token or session_key(request)
    # A digest, since this key stays in memory, and is a secret's.
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).digest() if shown else None
