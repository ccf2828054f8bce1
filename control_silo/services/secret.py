"""Random secrets and their hashes. Owns lengths and the choice of hash; stores nothing."""

import hashlib
import hmac
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

# OWASP's least for Argon2id: 19 MiB for each sign-in under way, where the library's own choice takes 64. The numbers
# stand in every hash, so that they can be raised at any time: each password is hashed anew at its next sign-in.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_OLD_PREFIX = "scrypt$"
_OLD_NUMBERS = {"n": 2**14, "r": 8, "p": 1}
LAST_CHARACTERS = 4
"""Characters of a token that are kept in clear, so that a person can tell their tokens apart."""


def new_token() -> str:
    """64 hex characters."""
    # 256 bits: no guessing, and no need for a slow hash of it.
    return secrets.token_hex(32)


def hash_token(token: str) -> str:
    """Hex SHA-256. The token has 256 random bits, so a slow hash would add nothing."""
    # Whatever a client sends has a hash, also what no encoding allows: it is then simply not found.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def hash_password(password: str) -> str:
    """Argon2id in its usual text form, ``$argon2id$v=19$m=…,t=…,p=…$<salt>$<hash>``."""
    return _HASHER.hash(_bytes(password))


def password_matches(password: str, password_hash: str) -> bool:
    """Compares in constant time."""
    # Kept until their owners sign in once; then they are hashed as today's are.
    if password_hash.startswith(_OLD_PREFIX):
        return _matches_old(password, password_hash)
    try:
        return _HASHER.verify(password_hash, _bytes(password))
    except VerifyMismatchError:
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the password should be hashed anew, now that it is known: the hash is weaker than today's."""
    return password_hash.startswith(_OLD_PREFIX) or _HASHER.check_needs_rehash(password_hash)


def _matches_old(password: str, password_hash: str) -> bool:
    """The first form, ``scrypt$<salt>$<key>`` in hex, does not say with which numbers it was made."""
    _, salt, key = password_hash.split("$")
    made = hashlib.scrypt(_bytes(password), salt=bytes.fromhex(salt), **_OLD_NUMBERS)
    return hmac.compare_digest(made, bytes.fromhex(key))


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
