"""Certificates are checked against the name in the URL, although the connection goes to an address."""

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.clock import SystemClock
from shared.errors import AppUnreachable
from shared.outgoing.client import AppClient
from shared.outgoing.reach import Reach
from shared.outgoing.request import OutgoingRequest
from tests.integration.third_party import ThirdPartyApp, running_app

NAME = "kanban.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and a certificate for ``NAME`` that vouches for itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), SystemClock().now()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now.replace(year=now.year - 1, day=1))
    builder = builder.not_valid_after(now.replace(year=now.year + 1, day=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    signed = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    unencrypted = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path_factory.mktemp("tls") / "app.pem"
    file.write_bytes(key.private_bytes(pem, *unencrypted) + signed.public_bytes(pem))
    return file


@pytest.fixture
def app(certificate: Path) -> Iterator[ThirdPartyApp]:
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    with running_app(tls=server_side) as app:
        yield app


@contextlib.contextmanager
def client_of(authority: Path | None) -> Iterator[AppClient]:
    """A client for which every name leads to this machine, and that believes one certificate, or the usual ones."""
    tls = ssl.create_default_context(cafile=authority) if authority else None
    client = AppClient(Reach(allow_private=True), tls=tls, lookup=lambda host, port: ["127.0.0.1"])
    try:
        yield client
    finally:
        client.close()


def test_an_app_that_proves_its_name_is_called_by_its_name(app: ThirdPartyApp, certificate: Path) -> None:
    with client_of(certificate) as client:
        client.send(OutgoingRequest(method="GET", url=f"https://{NAME}:{app.port}/"))
    assert app.requests[0].headers["host"] == f"{NAME}:{app.port}"


def test_an_app_with_the_certificate_of_another_name_is_not_called(app: ThirdPartyApp, certificate: Path) -> None:
    with client_of(certificate) as client, pytest.raises(AppUnreachable):
        client.send(OutgoingRequest(method="GET", url=f"https://other.example:{app.port}/"))
    assert not app.requests


def test_an_app_for_which_no_authority_vouches_is_not_called(app: ThirdPartyApp) -> None:
    with client_of(None) as client, pytest.raises(AppUnreachable):
        client.send(OutgoingRequest(method="GET", url=f"https://{NAME}:{app.port}/"))
    assert not app.requests
