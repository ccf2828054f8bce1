"""The signature, byte for byte as it is specified; the refusals are proved by the contract suite."""

import hmac
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import FrozenClock
from shared.errors import ConfigInvalid, SiloError
from shared.rpc.keyring import Keyring
from shared.rpc.signature import Signer, Verifier, is_health, is_reflection

KEYS = Keyring.parse("us/k1:s3cret,us/k2:other")
KEYS_OF_US = Keyring.parse("control/k1:s3cret,control/k2:other")
CLOCK = FrozenClock(datetime(2030, 1, 1, tzinfo=UTC))
METHOD = "/hybridcloud.apps.v1.AppService/GetMany"


def signed_lines(timestamp: str, nonce: str, body: bytes) -> bytes:
    """What control signs for us with its first key."""
    parts = ["silo-v1", "k1", "control", "us", METHOD, timestamp, nonce, sha256(body).hexdigest()]
    return "\n".join(parts).encode()


def test_the_signature_is_as_specified() -> None:
    signed = dict(Signer(KEYS, caller="control", target="us", clock=CLOCK).sign(METHOD, body=b"body"))
    nonce = str(signed.pop("silo-nonce"))
    lines = signed_lines("1893456000", nonce, b"body")
    assert signed == {
        "silo-key": "k1",
        "silo-caller": "control",
        "silo-target": "us",
        "silo-timestamp": "1893456000",
        "silo-signature": hmac.new(b"s3cret", lines, "sha256").hexdigest(),
    }
    assert len(bytes.fromhex(nonce)) == 16


@pytest.mark.parametrize("name", ["", "münchen", "two\nlines"])
def test_a_name_that_could_not_be_sent_is_refused(name: str) -> None:
    with pytest.raises(ConfigInvalid, match="not printable ASCII"):
        Signer(KEYS, caller="control", target=name, clock=CLOCK)


def test_every_signature_has_a_nonce_of_its_own() -> None:
    signer = Signer(KEYS, caller="control", target="us", clock=CLOCK)
    assert len({dict(signer.sign(METHOD, body=b""))["silo-nonce"] for _ in range(100)}) == 100


@given(entries=st.dictionaries(st.sampled_from(["silo-timestamp", "silo-nonce", "silo-signature"]), st.text()))
def test_malformed_entries_are_refused_and_never_crash(entries: dict[str, str]) -> None:
    signed = dict(Signer(KEYS, caller="control", target="us", clock=CLOCK).sign(METHOD, body=b""))
    tampered = {**signed, **entries}
    if tampered != signed:
        with pytest.raises(SiloError):
            Verifier(KEYS_OF_US, target="us", clock=CLOCK).verify(METHOD, metadata=tampered, body=b"")


@pytest.mark.parametrize(
    ("timestamp", "nonce"),
    [
        ("soon", "0" * 32),
        ("1_893_456_000", "0" * 32),
        (" 1893456000", "0" * 32),
        ("1893456000", "xyz"),
        ("1893456000", "00 " * 16),
    ],
)
def test_malformed_entries_are_refused_also_when_they_are_signed(timestamp: str, nonce: str) -> None:
    entries = {
        "silo-key": "k1",
        "silo-caller": "control",
        "silo-target": "us",
        "silo-timestamp": timestamp,
        "silo-nonce": nonce,
        "silo-signature": KEYS.signing("us").sign(signed_lines(timestamp, nonce, b"")),
    }
    with pytest.raises(SiloError, match="does not match"):
        Verifier(KEYS_OF_US, target="us", clock=CLOCK).verify(METHOD, metadata=entries, body=b"")


def test_a_clock_that_is_set_back_shuts_nobody_out() -> None:
    clock = FrozenClock()
    verifier = Verifier(KEYS_OF_US, target="us", clock=clock)
    clock.advance(-3600)
    signed = dict(Signer(KEYS, caller="control", target="us", clock=clock).sign(METHOD, body=b""))
    assert verifier.verify(METHOD, metadata=signed, body=b"") == "control"


def test_health_and_reflection_are_known_by_their_services() -> None:
    assert is_health("/grpc.health.v1.Health/Check")
    assert not is_health("/grpc.health.v1.HealthLike/Check")
    assert not is_health(METHOD)
    for version in ("v1", "v1alpha"):
        assert is_reflection(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo")
    assert not is_reflection(METHOD)
