"""Mutual TLS over TCP: both ends show a certificate of the same authority, or nothing is said."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.protobuf.wrappers_pb2 import StringValue

from shared import errors
from shared.clock import SystemClock
from shared.domain.peer import certificate_name
from shared.rpc.retry import RetryPolicy
from shared.rpc.tls import TlsConfig
from tests.contract.rpc.conftest import World
from tests.contract.rpc.echo import EchoStub

HELLO = StringValue(value="hello")
pytestmark = pytest.mark.parametrize("world", ["tcp"], indirect=True)


class Authority:
    """A certificate authority that lives in a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        certificate = self._builder(self._name, self._key.public_key()).add_extension(constraints, critical=True)
        self._ca = self._write("ca.pem", certificate.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def issue(self, name: str) -> TlsConfig:
        """The files of a peer of that name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.DNSName(certificate_name(name))])
        certificate = self._builder(subject, key.public_key()).add_extension(names, critical=False)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return TlsConfig(
            ca=self._ca,
            cert=self._write(f"{name}.pem", certificate.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)),
            key=self._write(f"{name}.key", private),
        )

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = SystemClock().now()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=1))
            .not_valid_after(now + timedelta(hours=1))
        )

    def _write(self, name: str, content: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(content)
        return path


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "theirs")


def test_silos_of_one_authority_talk(world: World, ours: Authority) -> None:
    server = world.serve(tls=ours.issue("us"))
    assert EchoStub(world.connect(server.address, tls=ours.issue("control"))).Read(HELLO) == HELLO


def test_a_caller_of_another_authority_is_not_heard(world: World, ours: Authority, theirs: Authority) -> None:
    server = world.serve(tls=ours.issue("us"))
    stranger, control = theirs.issue("control"), ours.issue("control")
    posing = TlsConfig(ca=control.ca, cert=stranger.cert, key=stranger.key)
    for tls in (stranger, posing, None):
        with pytest.raises(errors.SiloUnreachable):
            EchoStub(world.connect(server.address, tls=tls, retry=RetryPolicy(max_attempts=1))).Read(HELLO)


def test_a_file_that_cannot_be_read_is_named(world: World, ours: Authority, tmp_path: Path) -> None:
    tls = TlsConfig(ca=tmp_path / "absent.pem", cert=ours.issue("us").cert, key=ours.issue("us").key)
    with pytest.raises(errors.ConfigInvalid, match=r"absent\.pem"):
        world.serve(tls=tls)
    with pytest.raises(errors.ConfigInvalid, match=r"absent\.pem"):
        world.connect("127.0.0.1:1", tls=tls)


def test_a_file_that_holds_no_certificate_is_named(world: World, ours: Authority, tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("not a certificate")
    tls = TlsConfig(ca=ours.issue("us").ca, cert=garbage, key=ours.issue("us").key)
    with pytest.raises(errors.ConfigInvalid, match=r"garbage\.pem"):
        world.serve(tls=tls)
