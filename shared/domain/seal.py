"""Secrets that are kept for whoever brings the key: sealed with another secret, of which nothing is kept but a hash.

Owns the choice of ciphers. HKDF-SHA256 makes a key of the secret, which must be random enough to need no slow hash;
AES-256-GCM seals, bound to the purpose that it is kept for. Stores nothing.
"""

import base64
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32
_NONCE_BYTES = 12


def seal(text: str, *, secret: str, purpose: str) -> str:
    """The text, unreadable without the secret, as URL-safe text.

    Args:
        text: what to seal.
        secret: opens it again.
        purpose: what it is for, such as ``refresh/<id>``; it opens nowhere else.
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + _cipher(secret, purpose).encrypt(nonce, text.encode(), None)).decode()


def open_sealed(sealed: str, *, secret: str, purpose: str) -> str:
    """The inverse of ``seal``, with the same secret and purpose.

    Raises:
        cryptography.exceptions.InvalidTag: one of the two is another, or what is stored was changed.
    """
    raw = base64.urlsafe_b64decode(sealed)
    return _cipher(secret, purpose).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()


def _cipher(secret: str, purpose: str) -> AESGCM:
    # The purpose is part of the key: a sealed text that is moved to another row opens there for nobody.
    kdf = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=f"silo seal: {purpose}".encode())
    return AESGCM(kdf.derive(secret.encode("utf-8", "surrogatepass")))
