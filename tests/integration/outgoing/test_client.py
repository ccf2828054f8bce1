import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shared.database.connect import connect
from shared.errors import (
    AddressRefused,
    AppDisconnected,
    AppStalled,
    AppTooSlow,
    AppUnreachable,
    Cancelled,
    RpcInsideTransaction,
)
from shared.outgoing.client import MAX_REQUESTS, MAX_REQUESTS_TO_HOST, AppClient, outcome_of
from shared.outgoing.reach import Reach
from shared.outgoing.request import AppAnswer, Limits, OutgoingRequest
from tests.integration.outgoing.raw import drip, raw_server, say, say_nothing
from tests.integration.third_party import ThirdPartyApp

USUAL = Limits()
PATIENT = Limits(connect_seconds=600, read_seconds=600, deadline_seconds=600)
"""Of a call that no clock ends, however busy the machine is: an answer does, or the client's end."""
BRIEF = Limits(connect_seconds=0.2, read_seconds=0.2, deadline_seconds=0.4)


def get(url: str, *, limits: Limits = USUAL) -> OutgoingRequest:
    return OutgoingRequest(method="GET", url=url, limits=limits)


def test_an_app_receives_what_was_sent_and_its_answer_comes_back(client: AppClient, app: ThirdPartyApp) -> None:
    app.answers("/hook", status=201, body="né".encode(), X_Kind="card")
    call = OutgoingRequest(
        method="POST",
        url=f"{app.url}/hook?a=1",
        headers={"X-One": "é", "Content-Type": "a/b"},
        body=b"{}",
    )
    answer = client.send(call)
    assert (answer.status, answer.text(), answer.headers["x-kind"], answer.is_success) == (201, "né", "card", True)
    received = app.requests[0]
    assert (received.method, received.target, received.body) == ("POST", "/hook?a=1", b"{}")
    assert (received.headers["x-one"], received.headers["content-type"]) == ("é", "a/b")


def test_the_platform_alone_says_how_a_request_travels(client: AppClient, app: ThirdPartyApp) -> None:
    client.send(OutgoingRequest(method="GET", url=app.url, headers={"Host": "other", "Accept-Encoding": "gzip"}))
    headers = app.requests[0].headers
    assert headers["host"] == f"127.0.0.1:{app.port}"
    assert (headers["connection"], headers["accept-encoding"], headers["user-agent"]) == ("close", "identity", "silo")


def test_credentials_of_a_url_travel_as_basic_authorization(client: AppClient, app: ThirdPartyApp) -> None:
    client.send(get(f"http://me:p%40ss@127.0.0.1:{app.port}/"))
    assert app.requests[0].headers["authorization"] == "Basic bWU6cEBzcw=="
    assert app.requests[0].headers["host"] == f"127.0.0.1:{app.port}"


def test_a_redirect_is_an_answer_and_is_not_followed(client: AppClient, app: ThirdPartyApp) -> None:
    app.answers("/old", status=302, Location=f"{app.url}/new")
    assert client.send(get(f"{app.url}/old")).status == 302
    assert [request.path for request in app.requests] == ["/old"]


def test_no_more_of_an_answer_is_read_than_allowed(client: AppClient, app: ThirdPartyApp) -> None:
    app.answers("/large", body=b"x" * 5000)
    answer = client.send(get(f"{app.url}/large", limits=Limits(answer_bytes=1000)))
    assert (len(answer.body), answer.is_truncated) == (1000, True)


def test_a_packed_answer_is_not_unpacked(client: AppClient, app: ThirdPartyApp) -> None:
    app.answers("/packed", body=b"\x1f\x8b anything", Content_Encoding="gzip")
    assert client.send(get(f"{app.url}/packed")).body == b"\x1f\x8b anything"


def test_no_cookie_is_kept(client: AppClient, app: ThirdPartyApp) -> None:
    app.answers("/", Set_Cookie="a=b")
    client.send(get(app.url))
    client.send(get(app.url))
    assert "cookie" not in app.requests[1].headers


def test_an_app_that_says_nothing_is_too_slow(client: AppClient) -> None:
    with raw_server(say_nothing) as address, pytest.raises(AppTooSlow):
        client.send(get(f"http://{address}/", limits=BRIEF))


def test_an_app_that_says_nothing_until_the_deadline_of_the_call_is_too_slow_as_well(client: AppClient) -> None:
    limits = replace(PATIENT, deadline_seconds=0.2)
    with raw_server(say_nothing) as address, pytest.raises(AppTooSlow):
        client.send(get(f"http://{address}/", limits=limits))


def test_an_app_that_drips_is_cut_off_at_the_deadline(client: AppClient) -> None:
    with raw_server(drip) as address, pytest.raises(AppStalled):
        client.send(get(f"http://{address}/", limits=replace(PATIENT, deadline_seconds=1)))


@pytest.mark.parametrize("data", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
def test_a_connection_that_breaks_off_is_no_answer(client: AppClient, data: bytes) -> None:
    with raw_server(say(data)) as address, pytest.raises(AppDisconnected):
        client.send(get(f"http://{address}/"))


def test_a_port_that_nobody_listens_on_is_unreachable(client: AppClient, app: ThirdPartyApp) -> None:
    app.stop()
    with pytest.raises(AppUnreachable):
        client.send(get(app.url))


def test_a_slow_app_delays_no_other(client: AppClient, app: ThirdPartyApp) -> None:
    app.holds("/slow")
    app.answers("/quick", json=1)
    slow = client.submit(get(f"{app.url}/slow", limits=PATIENT))
    app.wait_for(1)
    assert client.send(get(f"{app.url}/quick", limits=PATIENT)).parse_json() == 1
    assert not slow.done()


def test_calls_side_by_side_answer_in_order_each_with_its_own_end(client: AppClient, app: ThirdPartyApp) -> None:
    app.holds("/never")
    app.answers("/one", json=1)
    calls = [(f"{app.url}/never", BRIEF), ("http://127.0.0.2:1/", PATIENT), (f"{app.url}/one", PATIENT)]
    never, refused, one = map(outcome_of, [client.submit(get(url, limits=limits)) for url, limits in calls])
    assert isinstance(never, AppTooSlow)
    assert isinstance(refused, AddressRefused)
    assert isinstance(one, AppAnswer)


def test_any_number_of_calls_to_a_slow_host_leaves_room_for_another(client: AppClient, app: ThirdPartyApp) -> None:
    app.holds("/never")
    app.answers("/quick", json=1)
    never = get(f"http://localhost:{app.port}/never", limits=PATIENT)
    slow = [client.submit(never) for _ in range(MAX_REQUESTS + 1)]
    app.wait_for(MAX_REQUESTS_TO_HOST)
    assert client.send(get(f"{app.url}/quick", limits=PATIENT)).status == 200
    assert not any(future.done() for future in slow)


def test_closing_ends_every_call(app: ThirdPartyApp) -> None:
    client = AppClient(Reach(allow_private=True))
    app.holds("/never")
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(client.send, get(f"{app.url}/never", limits=PATIENT))
        app.wait_for(1)
        client.close()
        with pytest.raises(Cancelled):
            waiting.result()


def test_a_closed_client_calls_nobody(client: AppClient, app: ThirdPartyApp) -> None:
    client.close()
    client.close()
    with pytest.raises(Cancelled):
        client.send(get(app.url))


def test_no_call_is_made_inside_a_transaction(client: AppClient, app: ThirdPartyApp, database_url: str) -> None:
    database = connect(database_url, create=True)
    with pytest.raises(RpcInsideTransaction), database.transaction():
        client.send(get(app.url))
    database.close()
    assert not app.requests


def test_many_threads_share_a_client(client: AppClient, app: ThirdPartyApp) -> None:
    app.answers("/", json="ok")
    start = threading.Barrier(8)

    def call(_: int) -> int:
        start.wait()
        return client.send(get(app.url)).status

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(call, range(8))) == [200] * 8
