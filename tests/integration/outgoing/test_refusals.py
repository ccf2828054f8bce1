"""What a client refuses to call, however it is written. A server listens where these lead: it hears nothing."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis.strategies import text

from shared.domain.component_fields import app_url, check_uri
from shared.errors import AddressRefused, AppStalled, AppTooSlow, AppUnreachable, ValidationFailed
from shared.outgoing.client import MAX_REQUESTS_TO_HOST, AppClient, outcome_of
from shared.outgoing.reach import Reach
from shared.outgoing.request import AppAnswer, Limits, OutgoingRequest
from shared.outgoing.resolver import Lookup
from tests.integration.third_party import ThirdPartyApp, running_app

BRIEF = Limits(connect_seconds=0.5, read_seconds=0.5, deadline_seconds=1)


def get(url: str) -> OutgoingRequest:
    return OutgoingRequest(method="GET", url=url, limits=BRIEF)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0.0.0.0",  # noqa: S104 - called, not bound
        "user:secret@127.0.0.1",
        "public.example@127.0.0.1",
        "public.example%40x@127.0.0.1",
        "169.254.169.254",
        "[fe80::1]",
        "224.0.0.1",
    ],
)
def test_no_spelling_of_an_inner_address_is_called(public_client: AppClient, app: ThirdPartyApp, host: str) -> None:
    with pytest.raises(AddressRefused):
        public_client.send(get(f"http://{host}:{app.port}/"))
    assert not app.requests


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/path",
        "//host/path",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "unix:///run/docker.sock",
        "http://",
        "http:///path",
        "http://[::1/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:25/",
        "http://127.0.0.1:99999/",
        "http://exa\nmple/",
    ],
)
def test_what_is_no_web_address_is_not_called(client: AppClient, url: str) -> None:
    with pytest.raises(AddressRefused):
        client.send(get(url))


class ChangingNames:
    """A name server that first names a public address and then, when asked again, this machine."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return ["192.0.2.1" if self.asked == 1 else "127.0.0.1"]


def test_the_checked_address_is_the_one_that_is_called(app: ThirdPartyApp) -> None:
    names = ChangingNames()
    client = AppClient(Reach.parse(["192.0.2.0/24"]), lookup=names)
    with pytest.raises(Exception, match="app"):  # nobody is at the documentation's address
        client.send(get(f"http://localhost:{app.port}/"))  # the system would lead it to the app
    client.close()
    assert (names.asked, app.requests) == (1, [])


@pytest.fixture
def mixed() -> Iterator[AppClient]:
    """A client for which every name leads to a public address and to this machine."""
    client = AppClient(Reach(), lookup=lambda host, port: ["93.184.216.34", "127.0.0.1"])
    yield client
    client.close()


def test_a_name_that_leads_inward_at_all_is_refused(mixed: AppClient, app: ThirdPartyApp) -> None:
    with pytest.raises(AddressRefused):
        mixed.send(get(f"http://mixed.example:{app.port}/"))
    assert not app.requests


def test_the_host_is_named_to_whoever_is_called(app: ThirdPartyApp) -> None:
    client = AppClient(Reach(allow_private=True), lookup=lambda host, port: ["127.0.0.1"])
    client.send(get(f"http://kanban.example:{app.port}/"))
    client.close()
    assert app.requests[0].headers["host"] == f"kanban.example:{app.port}"


def test_the_next_address_is_tried_where_nobody_listens_at_the_first(app: ThirdPartyApp) -> None:
    client = AppClient(Reach(allow_private=True), lookup=lambda host, port: ["::1", "127.0.0.2", "127.0.0.1"])
    client.send(get(f"http://kanban.example:{app.port}/"))
    client.close()
    assert len(app.requests) == 1


def no_such_name(host: str, port: int) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, "no such name")


@pytest.mark.parametrize("lookup", [no_such_name, lambda host, port: []])
def test_a_name_without_addresses_is_unreachable(lookup: Lookup) -> None:
    client = AppClient(Reach(), lookup=lookup)
    with pytest.raises(AppUnreachable, match="The app's host has no address"):
        client.send(get("http://empty.example/"))
    client.close()


def test_a_name_server_that_does_not_answer_delays_no_other_host(app: ThirdPartyApp) -> None:
    answering = threading.Event()

    def lookup(host: str, port: int) -> list[str]:
        if host == "slow.example":
            answering.wait(20)
        return ["127.0.0.1"]

    client = AppClient(Reach(allow_private=True), lookup=lookup)
    urls = [*["http://slow.example/"] * 100, f"http://quick.example:{app.port}/"]
    *slow, quick = map(outcome_of, [client.submit(get(url)) for url in urls])
    answering.set()
    client.close()
    assert {type(error) for error in slow} <= {AppTooSlow, AppStalled}
    assert isinstance(quick, AppAnswer)


def test_a_slow_app_delays_none_that_listens_at_another_port_of_its_host(client: AppClient, app: ThirdPartyApp) -> None:
    with running_app() as slow:
        held = slow.holds("/")
        patient = OutgoingRequest(method="GET", url=f"{slow.url}/")
        waiting = [client.submit(patient) for _ in range(MAX_REQUESTS_TO_HOST + 1)]
        slow.wait_for(MAX_REQUESTS_TO_HOST)
        assert client.send(get(f"{app.url}/")).status == 404
        held.set()
        assert {call.result().status for call in waiting} == {200}


@given(uri=text(max_size=40))
@example(uri="//evil.example/")
@example(uri="/@evil.example")
@example(uri="@evil.example")
@example(uri="/\\evil.example")
@example(uri="\r\nHost: evil.example")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_uri_leads_away_from_the_apps_host(client: AppClient, app: ThirdPartyApp, uri: str) -> None:
    app.requests.clear()
    url = app_url(uri, webhook_url=f"{app.url}/hook", query=[("installationId", "1")])
    with contextlib.suppress(AddressRefused):  # control characters
        client.send(get(url))
    assert {request.headers["host"] for request in app.requests} <= {f"127.0.0.1:{app.port}"}


@given(uri=text(max_size=40))
@example(uri="//evil.example/")
@example(uri="/@evil.example")
def test_a_uri_that_passes_is_a_path(uri: str) -> None:
    try:
        check_uri(uri)
    except ValidationFailed:
        return
    assert uri.startswith("/")
    assert not uri.startswith("//")
    assert "@" not in uri
