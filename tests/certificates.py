"""Certificates: of an authority that was made in the test, or such that vouch for themselves."""

from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.clock import SystemClock

PEM = serialization.Encoding.PEM


class Authority:
    """An authority that nobody knows but those whom ``file`` is given to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("Authority of the tests")
        is_authority = x509.BasicConstraints(ca=True, path_length=None)
        begun = _begun(self._name, self._name, self._key).add_extension(is_authority, critical=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(_signed(begun, self._key).public_bytes(PEM))

    def issue(self, name: str, *, ended_days_ago: int = -365) -> Path:
        """A file with a key and a certificate for a host's name."""
        key = ec.generate_private_key(ec.SECP256R1())
        begun = _begun(_named(name), self._name, key, ended_days_ago=ended_days_ago)
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        certificate = _signed(begun.add_extension(names, critical=False), self._key)
        return _write(self._folder / f"{name}.pem", key, certificate)


def write_certificate(file: Path, *, name: str) -> Path:
    """Writes a key and a certificate for a name that vouches for itself, and returns the file."""
    key, names = ec.generate_private_key(ec.SECP256R1()), x509.SubjectAlternativeName([x509.DNSName(name)])
    begun = _begun(_named(name), _named(name), key).add_extension(names, critical=False)
    return _write(file, key, _signed(begun, key))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, ended_days_ago: int = -365
) -> x509.CertificateBuilder:
    now = SystemClock().now()
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=730))
    return builder.not_valid_after(now - timedelta(days=ended_days_ago))


def _signed(begun: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return begun.sign(key, hashes.SHA256())


def _write(file: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> Path:
    unencrypted = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(key.private_bytes(PEM, *unencrypted) + certificate.public_bytes(PEM))
    return file
