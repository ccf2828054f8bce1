import pytest
from argon2 import PasswordHasher

from control_silo.services.secret import hash_password, is_outdated, password_matches

OLD = (
    "scrypt$000102030405060708090a0b0c0d0e0f$"
    "25b376840366f4d3b0e21e414476676e3cd0e89af4430356a234ce0b65a021b5"
    "6233e7b0b24f07bc9340195f19c90a1da7562514ed0762a6dae3c27ff5b07d62"
)
WEAKER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse")


@pytest.mark.parametrize("password_hash", [hash_password("correct horse"), OLD, WEAKER], ids=["new", "old", "weaker"])
def test_the_password_matches_and_no_other(password_hash: str) -> None:
    assert password_matches("correct horse", password_hash)
    assert not password_matches("correct house", password_hash)
    assert not password_matches("", password_hash)


def test_a_password_may_hold_any_text() -> None:
    for password in ("\ud800", "\x00", "pässwörd", "x" * 256):
        assert password_matches(password, hash_password(password)), password


def test_equal_passwords_have_different_hashes() -> None:
    assert hash_password("correct horse") != hash_password("correct horse")


def test_a_hash_says_how_it_was_made() -> None:
    assert hash_password("correct horse").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_what_is_weaker_than_todays_hash_is_outdated() -> None:
    assert is_outdated(OLD)
    assert is_outdated(WEAKER)
    assert not is_outdated(hash_password("correct horse"))
