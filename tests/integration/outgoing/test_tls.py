"""Certificates are checked against the name in the URL, although the connection goes to an address."""

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from shared.errors import AppUnreachable
from shared.outgoing.client import AppClient
from shared.outgoing.reach import Reach
from shared.outgoing.request import OutgoingRequest
from tests.certificates import Authority
from tests.integration.third_party import ThirdPartyApp, running_app

NAME = "kanban.example"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@contextlib.contextmanager
def app_with(certificate: Path) -> Iterator[ThirdPartyApp]:
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    with running_app(tls=server_side) as app:
        yield app


@pytest.fixture
def app(authority: Authority) -> Iterator[ThirdPartyApp]:
    with app_with(authority.issue(NAME)) as app:
        yield app


@contextlib.contextmanager
def client_of(authority: Authority | None) -> Iterator[AppClient]:
    """A client for which every name leads to this machine, and that believes one authority, or the usual ones."""
    tls = ssl.create_default_context(cafile=authority.file) if authority else None
    client = AppClient(Reach(allow_private=True), tls=tls, lookup=lambda host, port: ["127.0.0.1"])
    try:
        yield client
    finally:
        client.close()


def refusal(client: AppClient, name: str, app: ThirdPartyApp) -> str:
    """What a call by a name is refused with; nothing of it arrives."""
    with pytest.raises(AppUnreachable) as refused, capture_logs() as logs:
        client.send(OutgoingRequest(method="GET", url=f"https://{name}:{app.port}/secret?token=7"))
    (line,) = logs
    assert line == {"event": "outgoing.tls_failed", "log_level": "warning"} | {
        "host": name,
        "port": app.port,
        "problem": refused.value.message.removeprefix("The app cannot be reached: ").removesuffix("."),
    }
    assert not app.requests
    return refused.value.message


def test_an_app_that_proves_its_name_is_called_by_its_name(app: ThirdPartyApp, authority: Authority) -> None:
    with client_of(authority) as client:
        client.send(OutgoingRequest(method="GET", url=f"https://{NAME}:{app.port}/"))
    assert app.requests[0].headers["host"] == f"{NAME}:{app.port}"


def test_an_app_with_the_certificate_of_another_name_is_not_called(app: ThirdPartyApp, authority: Authority) -> None:
    with client_of(authority) as client:
        said = refusal(client, "other.example", app)
    assert said == "The app cannot be reached: its certificate is for another name."


def test_an_app_for_which_no_authority_vouches_is_not_called(app: ThirdPartyApp) -> None:
    with client_of(None) as client:
        said = refusal(client, NAME, app)
    assert said == "The app cannot be reached: its certificate is from an authority that is not known here."


def test_an_app_whose_certificate_is_over_is_not_called(authority: Authority) -> None:
    with app_with(authority.issue(NAME, ended_days_ago=1)) as app, client_of(authority) as client:
        said = refusal(client, NAME, app)
    assert said == "The app cannot be reached: its certificate has expired."


def test_an_app_without_tls_is_not_called_by_https(authority: Authority) -> None:
    with running_app() as app, client_of(authority) as client:
        said = refusal(client, NAME, app)
    assert said == "The app cannot be reached: it does not speak TLS as we do."
