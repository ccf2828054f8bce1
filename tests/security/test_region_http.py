"""A region in a stranger's hands: what it is sent over HTTP is of no use elsewhere, what it answers changes nothing."""

import base64
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from control_silo.models.region import OrganizationReplica
from control_silo.models.user import Member
from control_silo.services.user import NewUser
from shared.domain.peer import CONTROL
from shared.domain.region_id import region_id
from shared.domain.scopes import Role
from shared.http.forwarded import GOOD_SECONDS, PRINCIPAL_HEADER
from shared.http.serve import HttpServer
from shared.pb.hybridcloud.users.v1 import principal_pb2
from tests.http_silos import HttpSilos, serving_http
from tests.silos import Silos, running_silos

ACME = "/api/0/organizations/acme/"
PROJECTS = "/api/0/organizations/acme/projects/"
US_NUMBER = 1
COMMENTS = f"/api/0/issues/{region_id(1, region_number=US_NUMBER)}/comments/"
ORIGIN = "https://robot.example"
FORWARDED = ("silo-forwarded", PRINCIPAL_HEADER, "x-forwarded-host", "x-forwarded-proto")


@dataclass
class Taken:
    """Whoever took the region: keeps what it is sent, and answers what it likes."""

    answer: Response = field(default_factory=lambda: Response(b"{}", media_type="application/json"))
    sent: list[httpx.Headers] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.sent.append(httpx.Headers(Request(scope).headers.raw))
            await self.answer(scope, receive, send)


@dataclass
class World:
    """``acme`` lives in ``us``, which is taken; ``globex`` in ``de``; the owner owns both."""

    silos: Silos
    http: HttpSilos
    acme: OrganizationReplica
    owner: NewUser
    robot_token: str
    taken: Taken

    def ask(self, path: str = ACME, *, method: str = "GET", **kwargs: Any) -> httpx.Response:
        """What a client gets from control, by a token of the owner's where nothing else is said."""
        credentials = {} if kwargs.keys() & {"session", "token"} else {"token": self.owner.token}
        return self.http.call(method, CONTROL, path, **credentials, **kwargs)

    def captured(self, path: str = ACME, **kwargs: Any) -> Mapping[str, str]:
        """What the region was told beside a request."""
        self.ask(path, **kwargs)
        sent = self.taken.sent[-1]
        return {name: sent[name] for name in FORWARDED if name in sent}


@pytest.fixture(scope="module")
def module_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder, numbers, taken = tmp_path_factory.mktemp("silos"), itertools.count(1), Taken()
    server = HttpServer(taken, listen="127.0.0.1:0")
    server.start()
    with running_silos(lambda: f"sqlite:///{folder / str(next(numbers))}.db") as silos, serving_http(silos) as http:
        yield _populated(silos, http, taken, address=server.address)
    server.stop()


def _populated(silos: Silos, http: HttpSilos, taken: Taken, *, address: str) -> World:
    acme, globex = (silos.create_organization(slug, region=name) for slug, name in (("acme", "us"), ("globex", "de")))
    owner = http.create_user("owner@acme.example", organization="acme")
    with silos.control.database.transaction():
        now = silos.clock.now()
        Member.create(user=owner.user, organization_id=globex.id, role=Role.OWNER, created_at=now)
    scopes = ["org:read", "project:read"]
    robot = silos.create_app(
        "Robot", owner=acme, creator=owner.user, is_internal=True, scopes=scopes, allowed_origins=[ORIGIN]
    )
    token = http.create_app_token(robot)
    silos.replicate()
    silos.register("us", http_address=address)
    return World(silos, http, acme, owner, token.text, taken)


@pytest.fixture
def world(module_world: World) -> World:
    module_world.taken.sent.clear()
    module_world.taken.answer = Taken().answer
    return module_world


@pytest.mark.parametrize("who", ["token", "session", "app"])
def test_a_region_is_shown_no_credentials(world: World, who: str) -> None:
    world.ask(
        **{"token": {}, "session": {"session": world.owner.session_key}, "app": {"token": world.robot_token}}[who]
    )
    (sent,) = world.taken.sent
    assert not {"authorization", "cookie"} & sent.keys()
    secrets = (world.owner.token, world.owner.session_key, world.robot_token)
    assert not any(secret in repr(sent.raw) for secret in secrets)


def test_a_sender_of_events_is_nobody_and_shows_a_projects_key_alone(world: World) -> None:
    path, shown = f"/api/{region_id(1, region_number=US_NUMBER)}/store/", "Sentry sentry_key=abc"
    world.http.call("POST", CONTROL, path, headers={"Authorization": shown}, session="s", content=b"{}")
    (sent,) = world.taken.sent
    assert (sent["authorization"], "cookie" in sent, PRINCIPAL_HEADER in sent) == (shown, False, False)


def test_a_region_learns_of_a_client_what_concerns_its_organizations(world: World) -> None:
    said = base64.urlsafe_b64decode(world.captured()[PRINCIPAL_HEADER])
    principal = principal_pb2.Principal.FromString(said)
    assert [place.organization_id for place in principal.memberships] == [world.acme.id]


def replayed(
    world: World, captured: Mapping[str, str], *, at: str = "us", path: str = ACME, method: str = "GET"
) -> int:
    """What a silo answers to whoever shows what was said beside another request."""
    return world.http.call(method, at, path, headers=captured).status_code


def test_what_control_says_counts_as_the_clients_own_credentials(world: World) -> None:
    assert replayed(world, world.captured()) == 200
    assert replayed(world, world.captured(token=world.robot_token)) == 200
    assert replayed(world, world.captured(session=world.owner.session_key)) == 200


@pytest.mark.parametrize(
    "change",
    [{"path": ACME}, {"path": PROJECTS + "?a=1"}, {"method": "POST"}, {"at": "de"}, {"at": CONTROL}],
    ids=["path", "query", "method", "region", "control"],
)
def test_a_captured_assertion_is_good_for_one_request(world: World, change: dict[str, str]) -> None:
    assert replayed(world, world.captured(PROJECTS), **{"path": PROJECTS} | change) in {401, 503}


def test_a_captured_assertion_ends(world: World) -> None:
    captured = world.captured()
    world.silos.clock.advance(GOOD_SECONDS)
    assert replayed(world, captured) == 200
    world.silos.clock.advance(1)
    assert replayed(world, captured) == 401


def test_an_assertion_of_a_write_is_good_once(world: World) -> None:
    captured = world.captured(COMMENTS, method="POST")
    assert [replayed(world, captured, path=COMMENTS, method="POST") for _ in range(2)] == [404, 401]


def test_an_assertion_speaks_of_whom_control_named(world: World) -> None:
    robot = world.captured(token=world.robot_token)
    assert replayed(world, {**world.captured(), PRINCIPAL_HEADER: robot[PRINCIPAL_HEADER]}) == 401
    assert replayed(world, {name: value for name, value in robot.items() if name != PRINCIPAL_HEADER}) == 401


def test_what_a_client_asserts_of_itself_reaches_no_region(world: World) -> None:
    said = world.captured()
    world.ask(headers={PRINCIPAL_HEADER: "root"}, session=world.owner.session_key)
    sent = world.taken.sent[-1]
    assert sent.get_list(PRINCIPAL_HEADER) == [sent[PRINCIPAL_HEADER]] != ["root"]
    assert sent["silo-forwarded"] != said["silo-forwarded"]


HOSTILE = {
    "Set-Cookie": "sentrysid=planted; Path=/",
    "Location": "https://evil.example/",
    "Refresh": "0; url=https://evil.example/",
    "Access-Control-Allow-Origin": "https://evil.example",
    "Access-Control-Allow-Credentials": "true",
    "Link": '<https://evil.example/?cursor=0:1:0>; rel="next"; results="true"; cursor="0:1:0"',
    "Clear-Site-Data": '"*"',
    "Strict-Transport-Security": "max-age=31536000",
    "WWW-Authenticate": "Basic",
    "Alt-Svc": 'h2="evil.example:443"',
    "Service-Worker-Allowed": "/",
    "X-Content-Type-Options": "sniff",
}


def test_what_a_hostile_region_answers_changes_nothing_at_the_client(world: World) -> None:
    world.taken.answer = Response(b"<script>", status_code=302, media_type="text/html", headers=HOSTILE)
    answer = world.ask()
    assert {name.lower() for name in HOSTILE} & answer.headers.keys() == {"x-content-type-options"}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "said",
    ["text/html", "application/json; x=text/html, text/html", "application/json, text/html", "image/svg+xml", None],
)
def test_a_page_of_a_regions_is_shown_by_no_browser(world: World, said: str | None) -> None:
    world.taken.answer = Response(b"<script>", headers={"content-type": said} if said else {})
    assert world.ask().headers.get_list("content-type") == ["application/octet-stream"]


@pytest.mark.parametrize(
    "link", ["<{}.evil.example/>", "<{}/>, <https://evil.example/>", "https://evil.example", "<{}/"]
)
def test_a_link_that_leads_elsewhere_is_dropped(world: World, link: str) -> None:
    world.taken.answer = Response(headers={"link": link.format(world.http.url(CONTROL))})
    assert "link" not in world.ask().headers


def test_control_itself_says_which_origin_may_read_a_regions_answer(world: World) -> None:
    world.taken.answer = Response(headers={"access-control-allow-origin": "https://evil.example"})
    answer = world.ask(token=world.robot_token, headers={"Origin": ORIGIN})
    assert answer.headers.get_list("access-control-allow-origin") == [ORIGIN]


def test_an_origin_that_the_app_does_not_allow_is_refused_before_a_region_hears_of_it(world: World) -> None:
    answer = world.ask(token=world.robot_token, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json()) == (400, {"detail": "Invalid origin: https://evil.example"})
    assert not world.taken.sent


def test_a_regions_json_arrives_as_it_is(world: World) -> None:
    link = f'<{world.http.url(CONTROL)}{ACME}?&cursor=1:0:1>; rel="previous"; results="false"; cursor="1:0:1"'
    headers = {"link": link, "retry-after": "3", "silo-reason": "X", "etag": '"1"'}
    world.taken.answer = Response(b"[]", media_type="application/json", headers=headers)
    answer = world.ask()
    assert answer.json() == []
    assert {name: answer.headers[name] for name in headers} == headers
