"""Random secrets and their hashes. Owns lengths and the choice of hash; stores nothing."""

import hashlib
import hmac
import secrets

_SCRYPT = {"n": 2**14, "r": 8, "p": 1}
_SALT_BYTES = 16
LAST_CHARACTERS = 4
"""Of a token, kept in clear so that a person can tell their tokens apart."""


def new_token() -> str:
    """64 hex characters."""
    return secrets.token_hex(32)


def hash_token(token: str) -> str:
    """Hex SHA-256. The token has 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def hash_password(password: str) -> str:
    """``scrypt$<salt>$<key>``, both hex."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"scrypt${salt.hex()}${_scrypt(password, salt).hex()}"


def password_matches(password: str, password_hash: str) -> bool:
    """Compares in constant time."""
    _, salt, key = password_hash.split("$")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)), bytes.fromhex(key))


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **_SCRYPT)
