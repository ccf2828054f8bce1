"""A region says itself where it is; no caller is led by that to a place that it could not reach, then or later."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from control_silo.config import ControlConfig
from control_silo.models.region import RegisteredRegion
from control_silo.services.region import register_region
from control_silo.services.regions import Place, RegionChannels
from shared.domain.http_address import SiloAddress
from shared.domain.peer import CONTROL
from shared.errors import AddressRefused, SiloUnreachable, ValidationFailed
from shared.http.serve import HttpServer
from shared.http.transport import open_transport
from shared.outgoing.judged import JudgedHosts
from shared.outgoing.reach import PUBLIC, Reach
from shared.rpc.inprocess import InProcessChannel
from tests.http_silos import HttpSilos, serving_http
from tests.silos import Silos, running_silos

METADATA = "169.254.169.254"
PRIVATE = Reach(allow_private=True)


@pytest.fixture
def silos(new_database_url: Callable[[], str]) -> Iterator[Silos]:
    with running_silos(new_database_url, regions=["us"]) as silos:
        yield silos


def register(silos: Silos, *, reach: Reach, **addresses: str) -> list[str]:
    """The fields of what control refuses of a region."""
    said = {"grpc_address": "us.test:50061", "http_address": "us.test:8001"} | addresses
    hosts = JudgedHosts(reach, lookup=leads_to("10.0.0.1"))
    control = replace(silos.control, regions=replace(silos.control.regions, hosts=hosts))
    try:
        register_region(control, name="fr", identity="0" * 32, counts=None, **said)
    except ValidationFailed as refused:
        return list(refused.fields)
    return []


def leads_to(*addresses: str) -> Callable[[str, int], list[str]]:
    """A name server that gives one address after the other, the last one from then on."""
    left = list(addresses)
    return lambda host, port: [left.pop(0) if len(left) > 1 else left[0]]


@pytest.mark.parametrize("host", [METADATA, "[fd00:ec2::254]", "[fe80::1]", "100.100.100.200", "[::ffff:169.254.0.1]"])
@pytest.mark.parametrize("field", ["grpc_address", "http_address"])
def test_no_region_is_where_machines_are_given_their_credentials(silos: Silos, field: str, host: str) -> None:
    assert register(silos, reach=PRIVATE, **{field: f"{host}:8001"}) == [field]


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "[::1]", "inner.test"])
@pytest.mark.parametrize("field", ["grpc_address", "http_address"])
def test_a_region_is_in_a_private_network_only_where_that_is_allowed(silos: Silos, field: str, host: str) -> None:
    other = {"grpc_address": "8.8.8.8:443", "http_address": "8.8.8.8:443"}
    assert register(silos, reach=PUBLIC, **(other | {field: f"{host}:8001"})) == [field]
    assert register(silos, reach=PRIVATE, **{field: f"{host}:8001"}) == []


def test_a_region_names_no_other_server_of_controls_own_process(silos: Silos) -> None:
    assert register(silos, reach=PUBLIC, grpc_address="inprocess:control", http_address="8.8.8.8:80") == [
        "grpc_address"
    ]


@pytest.mark.parametrize(
    "address",
    ["http://us.test", "https://us.test/path", "https://a@us.test", "https://us.test?a", "file:///", "us.test:25"],
)
def test_an_address_is_host_and_port_or_a_url_without_a_path(silos: Silos, address: str) -> None:
    assert register(silos, reach=PRIVATE, http_address=address) == ["http_address"]
    assert register(silos, reach=PRIVATE, http_address="https://us.test") == []


def test_a_name_that_leads_elsewhere_later_is_not_called_over_http() -> None:
    seen: list[Any] = []

    async def server_app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    server = HttpServer(server_app, listen="127.0.0.1:0")
    server.start()
    silo = SiloAddress("us", f"http://us.test:{server.address.rpartition(':')[2]}")
    assert call(silo, JudgedHosts(PRIVATE, lookup=leads_to("127.0.0.1"))) == 200
    before = len(seen)
    with pytest.raises(AddressRefused):
        call(silo, JudgedHosts(PUBLIC, lookup=leads_to("127.0.0.1")))
    server.stop()
    assert len(seen) == before


def call(silo: SiloAddress, hosts: JudgedHosts) -> int:
    async def ask() -> int:
        async with open_transport(silo, hosts=hosts) as transport:
            return (await transport.handle_async_request(httpx.Request("GET", silo.url))).status_code

    return asyncio.run(ask())


def test_a_name_that_leads_elsewhere_later_is_not_called_over_grpc(
    silos: Silos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.outgoing.judged.REMEMBERED_SECONDS", 0.0)
    dialled: list[Place] = []

    def dial(name: str, place: Place) -> Any:
        dialled.append(place)
        return InProcessChannel("nobody")

    hosts = JudgedHosts(PRIVATE, lookup=leads_to("10.0.0.1", "10.0.0.2", METADATA))
    channels = RegionChannels(silos.control.database, dial, silos.clock, hosts)
    move(silos, grpc_address="us.test:50061")
    with pytest.raises(SiloUnreachable):
        while True:
            channels.channel("us")
    assert [place.addresses for place in dialled] == [("10.0.0.1",), ("10.0.0.2",)][: len(dialled)]


def move(silos: Silos, **addresses: str) -> None:
    """Moves the region behind control's back, as if it had registered before there was a rule."""
    with silos.control.database.transaction():
        RegisteredRegion.update(**addresses).where(RegisteredRegion.name == "us").execute()


@pytest.fixture
def http(silos: Silos) -> Iterator[HttpSilos]:
    with serving_http(silos) as web:
        yield web


def test_no_client_is_led_where_control_may_not_call(silos: Silos, http: HttpSilos) -> None:
    silos.create_organization("acme", region="us")
    owner = http.create_user("owner@acme.example", organization="acme")
    move(silos, http_address=f"{METADATA}:80", grpc_address=f"{METADATA}:80")
    answer = http.get(CONTROL, "/api/0/organizations/acme/projects/", token=owner.token)
    assert (answer.status_code, answer.json()) == (503, {"detail": "The region us is not available right now."})
    with pytest.raises(SiloUnreachable):
        silos.control.regions.channel("us")


@pytest.mark.parametrize(
    ("said", "reach"),
    [
        ({}, PRIVATE),
        ({"CONTROL_GRPC_LISTEN": "0.0.0.0:50051"}, PUBLIC),
        ({"CONTROL_GRPC_LISTEN": "0.0.0.0:50051", "CONTROL_REGION_NETWORKS": "private"}, PRIVATE),
        ({"CONTROL_REGION_NETWORKS": "public"}, PUBLIC),
        ({"CONTROL_REGION_NETWORKS": "10.0.0.0/8"}, Reach.parse(["10.0.0.0/8"])),
    ],
)
def test_where_regions_may_be_is_the_operators_to_say(said: dict[str, str], reach: Reach) -> None:
    required = {"SILO_RPC_KEYS": "us/us-1:" + "k" * 32, "SILO_SEAL_KEY": "5e" * 32}
    assert ControlConfig.from_environment(required | said).region_networks == reach
