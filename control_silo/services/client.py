"""Which app's client asks: by its id and secret, or by a JWT that it signed with the secret (spec §2.8, §4.7).

Owns what a JWT must say. The clock of the silo counts, as everywhere, so the library checks signatures alone.
"""

import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt

from control_silo.models.application import ApiApplication
from control_silo.services.control import Control
from control_silo.services.find_app import find_app_by_application
from control_silo.services.secret import new_token
from shared.errors import CredentialsInvalid, PermissionDenied

# One sentence for an unknown client and a wrong secret: the difference would name the clients that there are.
INVALID_PAIR = "Invalid Client ID / Secret pair"
INVALID_JWT = "JWT credentials are missing or invalid"
MAX_JWT_SECONDS = 120
"""How long a JWT may be valid: from ``iat`` to ``exp``."""
JWT_LEEWAY_SECONDS = 10
"""How far an app's clock may be from ours."""

_ALGORITHM = "HS256"
_CLIENT_ID = re.compile("[0-9A-Za-z]{1,64}")
_FIRST_SECOND, _LAST_SECOND = 0, 2**36
# Of this process alone and never told to anybody, so that no request can prove itself by it.
_ANY_SECRET = new_token()
# Of a signed text and not of a JWT: the library would judge claims, by the machine's clock and in its own words.
_SIGNED = jwt.PyJWS()


@dataclass(frozen=True)
class Jwt:
    """A JWT whose signature and claims were checked."""

    text: str = field(repr=False)
    """The same however its signature was spelled: padding makes no other JWT of it."""
    ends_at: datetime
    """The last instant at which it is accepted."""


@dataclass(frozen=True)
class Client:
    """The client of an app that has proved itself."""

    application: ApiApplication
    jwt: Jwt | None = None
    """None: it showed its secret."""


def authenticate_client(*, client_id: object, client_secret: object) -> Client:
    """The client of an id and a secret, whatever was sent as these. Needs a session.

    Raises:
        CredentialsInvalid: they do not belong together, or no app has the client.
    """
    application = _find_client(client_id)
    secret = application.client_secret if application else _ANY_SECRET
    # Compared in constant time, against some secret even where there is no client.
    matches = isinstance(client_secret, str) and hmac.compare_digest(_bytes(secret), _bytes(client_secret))
    if application is None or not matches:
        raise CredentialsInvalid(INVALID_PAIR)
    return Client(application)


def authenticate_jwt(control: Control, text: str) -> Client:
    """The client that signed a JWT about itself. Needs a session.

    Raises:
        PermissionDenied: it did not, or not for now.
    """
    try:
        # Who claims to have signed must be known before the signature can be checked; nothing else of it is believed
        # yet.
        claims = jwt.decode(text, options={"verify_signature": False})
        application = _find_client(claims.get("iss"))
        # The signature is checked for an unknown client as well, so that the time of an answer tells nothing.
        secret = application.client_secret if application else _ANY_SECRET
        # The one algorithm, whatever the token says of itself: "none" is an algorithm too.
        checked = _SIGNED.decode_complete(text, key=secret, algorithms=[_ALGORITHM])
    except (jwt.PyJWTError, ValueError) as exc:
        raise PermissionDenied(INVALID_JWT) from exc
    if application is None or claims.get("sub") != application.client_id:
        raise PermissionDenied(INVALID_JWT)
    # Base64 has several spellings of the same bytes; as different texts they would be exchanged for different tokens.
    one_spelling = f"{text.rpartition('.')[0]}.{checked['signature'].hex()}"
    return Client(application, Jwt(one_spelling, _end_of(claims, now=control.clock.now())))


def _find_client(client_id: object) -> ApiApplication | None:
    """The client, if it is an app's."""
    # Judged by its form first: whatever else was sent need not be asked of the database.
    if not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id):
        return None
    application = ApiApplication.get_or_none(ApiApplication.client_id == client_id)
    # An application whose app was deleted proves nothing any more.
    return application if application and find_app_by_application(application.id) else None


def _end_of(claims: dict[str, Any], *, now: datetime) -> datetime:
    """When the JWT ends, the leeway included.

    Raises:
        PermissionDenied: it is over, not valid yet, or valid for too long.
    """
    issued_at, expires_at = _seconds(claims.get("iat")), _seconds(claims.get("exp"))
    # A JWT need not say when it begins; it has begun when it was issued.
    starts_at = _seconds(claims.get("nbf", issued_at))
    present = now.timestamp()
    is_begun = max(issued_at, starts_at) <= present + JWT_LEEWAY_SECONDS
    is_over = expires_at + JWT_LEEWAY_SECONDS < present
    # A long-lived JWT would be a second secret that cannot be rotated.
    if not is_begun or is_over or expires_at - issued_at > MAX_JWT_SECONDS + JWT_LEEWAY_SECONDS:
        raise PermissionDenied(INVALID_JWT)
    return datetime.fromtimestamp(expires_at + JWT_LEEWAY_SECONDS, UTC)


def _seconds(claim: object) -> float:
    """A time in a JWT: seconds since 1970, whole or not.

    Raises:
        PermissionDenied: this is none.
    """
    if (
        not isinstance(claim, int | float) or isinstance(claim, bool) or not _FIRST_SECOND <= claim <= _LAST_SECOND
    ):  # which NaN and infinity are not
        raise PermissionDenied(INVALID_JWT)
    return float(claim)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
