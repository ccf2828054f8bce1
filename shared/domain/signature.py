"""Signatures of what the platform sends to apps: hex HMAC-SHA256 with the app's client secret.

Owns spec §5.1 and the second signature of clients.md. Refuses to know where secrets come from and how bodies travel.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from shared.domain.json_text import encode_body, stringify, stringify_body
from shared.domain.json_value import JsonValue

HOOK_SIGNATURE_HEADER = "Sentry-Hook-Signature"
"""On a webhook: over the bytes of its body. On any other request to an app: over the body as JavaScript prints it."""

APP_SIGNATURE_HEADER = "Sentry-App-Signature"
"""On a webhook: over the body as JavaScript prints it again. On any other request to an app: over its bytes."""


@dataclass(frozen=True)
class SignedBody:
    """The bytes of a webhook and both signatures of it."""

    body: bytes = field(repr=False)
    hook_signature: str
    app_signature: str

    @property
    def headers(self) -> dict[str, str]:
        """The two signature headers."""
        return {HOOK_SIGNATURE_HEADER: self.hook_signature, APP_SIGNATURE_HEADER: self.app_signature}


def sign(body: bytes, *, secret: str) -> str:
    """The signature of these bytes; ``b""`` for a request without a body."""
    # The whole secret as text, as SDKs use it; it is hexadecimal, and nobody decodes it.
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def sign_question(payload: JsonValue, *, secret: str) -> SignedBody:
    """Encodes what an app is asked and signs it the other way round, since receivers accept either header (settled.md).

    Args:
        payload: the body of a POST; None: a GET, which has none.
        secret: of the app.
    """
    body = b"" if payload is None else encode_body(payload)
    printed = b"" if payload is None else stringify(payload).encode()
    return SignedBody(body=body, hook_signature=sign(printed, secret=secret), app_signature=sign(body, secret=secret))


def sign_webhook(payload: JsonValue, *, secret: str) -> SignedBody:
    """Encodes a webhook and signs it for both kinds of receiver.

    One kind verifies the bytes it got. The other, written in JavaScript, parses first and verifies what
    ``JSON.stringify`` prints, which differs from the bytes for any accent, emoji or integral float.
    """
    # Once: what is signed is what is sent, byte for byte.
    body = encode_body(payload)
    return SignedBody(
        body=body,
        hook_signature=sign(body, secret=secret),
        app_signature=sign(stringify(payload).encode(), secret=secret),
    )


def sign_body(body: str, *, secret: str) -> SignedBody:
    """Signs a webhook whose body was printed before, for both kinds of receiver: what is sent is not printed again."""
    # Of nearly every body the two forms are one.
    sent, printed = body.encode("ascii"), stringify_body(body).encode()
    hook = sign(sent, secret=secret)
    return SignedBody(
        body=sent, hook_signature=hook, app_signature=hook if printed == sent else sign(printed, secret=secret)
    )
