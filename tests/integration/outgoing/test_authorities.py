"""A private authority is believed on every way out, once the operator has named it; mails: ``mail/test_smtp``."""

import asyncio
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from shared.cli.rest import RestClient
from shared.domain.http_address import SiloAddress
from shared.errors import ConfigInvalid, SiloError
from shared.http.transport import open_transport
from shared.outgoing.client import AppClient
from shared.outgoing.reach import Reach
from shared.outgoing.request import OutgoingRequest
from shared.outgoing.trust import authorities
from tests.certificates import Authority
from tests.integration.third_party import ThirdPartyApp, running_app


@pytest.fixture(autouse=True)
def forget_authorities() -> Iterator[None]:
    """They are read once in a process."""
    authorities.cache_clear()
    yield
    authorities.cache_clear()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def server(authority: Authority) -> Iterator[ThirdPartyApp]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority.issue("localhost"))
    with running_app(tls=tls) as server:
        server.answers("/api/0/", json={})
        yield server


def by_app_client(url: str) -> None:
    client = AppClient(Reach(allow_private=True))
    try:
        client.send(OutgoingRequest(method="GET", url=f"{url}/api/0/"))
    finally:
        client.close()


def by_relay(url: str) -> None:
    async def call() -> None:
        async with open_transport(SiloAddress("us", url)) as transport:
            await transport.handle_async_request(httpx.Request("GET", f"{url}/api/0/"))

    asyncio.run(call())


def by_command_line(url: str) -> None:
    with RestClient(url) as api:
        api.get("/")


WAYS: Mapping[str, Callable[[str], None]] = {
    "to apps": by_app_client,
    "to the silo that owns a path": by_relay,
    "of the command line": by_command_line,
}


@pytest.mark.parametrize("way", WAYS)
def test_an_authority_that_the_operator_names_is_believed(
    way: str, server: ThirdPartyApp, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    WAYS[way](f"https://localhost:{server.port}")
    assert len(server.requests) == 1


@pytest.mark.parametrize("way", WAYS)
def test_an_authority_that_nobody_names_is_not(way: str, server: ThirdPartyApp) -> None:
    with pytest.raises((SiloError, httpx.ConnectError), match=r"authority|CERTIFICATE_VERIFY_FAILED"):
        WAYS[way](f"https://localhost:{server.port}")
    assert not server.requests


@pytest.mark.parametrize("text", [None, "", "nonsense"])
def test_a_file_without_authorities_is_named_at_the_start(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "authorities.pem"
    if text is not None:
        file.write_text(text)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(ConfigInvalid, match="SSL_CERT_FILE names no file of certificates"):
        authorities()
