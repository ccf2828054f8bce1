"""Whatever is wrong between a region and control is nobody's fault but ours: whoever asks is told 503, UNAVAILABLE."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import httpx
import pytest

import region_silo.bootstrap
from region_silo.services.control import ControlClient
from shared import errors
from shared.circuit import Circuit
from shared.domain.peer import CONTROL
from shared.http.serve import HttpServer
from shared.outbox.breaker import PROBE_BACKOFF
from shared.pb.hybridcloud.apps.v1 import app_service_pb2 as pb
from shared.pb.hybridcloud.apps.v1 import app_service_pb2_grpc
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2 as region_pb
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2_grpc
from shared.pb.hybridcloud.users.v1 import user_pb2
from shared.rpc.aliases import GenericHandler
from shared.rpc.channel import connect
from shared.rpc.keyring import Keyring
from shared.rpc.retry import RetryPolicy
from shared.rpc.server import serve
from tests.integration.region.apps.world import World
from tests.keys import SERVICE, keys_of
from tests.silos import fresh

ONCE = RetryPolicy(max_attempts=1)
UNKNOWN_UUID = "0" * 32


class Failing(GenericHandler):
    """A control that answers every method in one way."""

    def __init__(self, answer: Callable[[grpc.ServicerContext], Any]) -> None:
        self._answer = answer

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return grpc.unary_unary_rpc_method_handler(lambda _, context: self._answer(context))


def raising(error: errors.SiloError) -> Callable[[grpc.ServicerContext], Any]:
    def answer(context: grpc.ServicerContext) -> Any:
        raise error

    return answer


BETWEEN_SILOS: dict[str, Callable[[grpc.ServicerContext], Any]] = {
    "unsigned": raising(errors.SignatureMissing()),
    "a wrong secret": raising(errors.SignatureInvalid()),
    "a clock that is wrong": raising(errors.SignatureExpired()),
    "another silo's address": raising(errors.TargetWrong()),
    "a bug": lambda context: context.abort(grpc.StatusCode.INTERNAL, "?"),
    "a status without a reason": lambda context: context.abort(grpc.StatusCode.UNKNOWN, "?"),
    "an answer that is none": lambda context: context.abort(grpc.StatusCode.DATA_LOSS, "?"),
}
"""What nobody may be accused of, by what is the matter."""
OF_THE_REGION: dict[str, Callable[[grpc.ServicerContext], Any]] = {
    "another region's business": raising(errors.PermissionDenied()),
    "a request that control does not understand": raising(errors.FieldMissing()),
    "a method that control does not have": raising(errors.Unimplemented()),
    "a method that a proxy does not know": lambda context: context.abort(grpc.StatusCode.NOT_FOUND, "?"),
    "no connection left": raising(errors.PoolExhausted()),
    "no database": raising(errors.DatabaseUnavailable()),
    "silence": raising(errors.DeadlineExceeded()),
}
"""What is besides a fault of ours where the region asks by itself; where it hands a caller's request on, an answer."""


@dataclass
class Region:
    """``us`` before a control that fails."""

    world: World
    http: httpx.Client
    address: str

    def channel(self) -> grpc.Channel:
        known: dict[str, Any] = {"keys": keys_of(SERVICE), "clock": self.world.silos.clock, "retry": ONCE}
        return connect(self.address, caller=SERVICE, target_name="us", **known)

    def apps(self) -> app_service_pb2_grpc.AppServiceStub:
        return app_service_pb2_grpc.AppServiceStub(self.channel())

    def get(self, path: str, **credentials: str) -> httpx.Response:
        return self.http.get(f"/api/0{path}", headers=credentials)


@contextlib.contextmanager
def region_before(world: World, control: ControlClient) -> Iterator[Region]:
    running = world.silos.regions["us"]
    with contextlib.ExitStack() as closing:
        api = region_silo.bootstrap.make_api(running.region, running.config, control=control)
        http = HttpServer(api, listen="127.0.0.1:0")
        http.start()
        closing.callback(http.stop)
        closing.callback(control.close)
        client = closing.enter_context(httpx.Client(base_url=f"http://{http.address}", trust_env=False, timeout=30))
        config = running.config.model_copy(update={"grpc_listen": f"inprocess:{fresh('us')}"})
        server = region_silo.bootstrap.start_server(running.region, config, control=control)
        closing.callback(server.stop)
        yield Region(world, client, server.address)


@contextlib.contextmanager
def region_before_failing(world: World, answer: Callable[[grpc.ServicerContext], Any]) -> Iterator[Region]:
    address, silos = f"inprocess:{fresh('failing')}", world.silos
    known: dict[str, Any] = {"keys": keys_of("us"), "clock": silos.clock, "retry": ONCE}

    def add(handler: Failing, server: grpc.Server) -> None:
        server.add_generic_rpc_handlers((handler,))

    servicers = [(add, Failing(answer))]
    with serve(address, name=CONTROL, servicers=servicers, keys=keys_of(CONTROL), clock=silos.clock):
        channel = connect(address, caller="us", target_name=CONTROL, **known)
        with region_before(world, ControlClient(channel, Circuit(silos.clock))) as region:
            yield region


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def assign(region: Region) -> httpx.Response:
    path, body = f"/api/0/issues/{region.world.issue.id}/", {"assignedTo": "somebody@acme.example"}
    return region.http.put(path, json=body, headers=bearer(region.world.robot.token))


def select(region: Region) -> Any:
    """A user whom only control may know asks for choices about a project."""
    world = region.world
    asked: dict[str, Any] = {"uri": "/boards", "project_id": world.project.id, "user": user_pb2.RpcUser(id=2**40)}
    request = region_pb.GetSelectOptionsRequest(organization_id=world.acme.id, installation=world.named, **asked)
    return sentry_app_region_service_pb2_grpc.SentryAppRegionServiceStub(region.channel()).GetSelectOptions(request)


OWN_QUESTIONS: dict[str, Callable[[Region], Any]] = {
    "whose token it is": lambda region: region.get("/auth/", **bearer(region.world.owner.token)),
    "whose session it is": lambda region: region.get(
        "/auth/", Cookie=f"sentrysid={region.world.owner_user.session_key}"
    ),
    "who is to be assigned": assign,
    "which installation it is": lambda region: region.get(
        f"/sentry-app-installations/{UNKNOWN_UUID}/service-hook-projects/", **bearer(region.world.robot.token)
    ),
    "whether a user belongs there": select,
}
"""What a region asks by itself."""
FORWARDED: dict[str, Callable[[Region], Any]] = {
    "a read": lambda region: region.apps().GetSentryAppBySlug(pb.GetSentryAppBySlugRequest(slug="unknown")),
    "what replicas never tell": lambda region: region.apps().GetNotificationEmailsForSentryApp(
        pb.GetNotificationEmailsForSentryAppRequest(organization_id=region.world.acme.id)
    ),
    "a write": lambda region: region.apps().UpdateSentryApp(pb.UpdateSentryAppRequest(id=region.world.app.id)),
}
"""What a caller asks control through a region."""
UNAVAILABLE = (503, "SILO_UNREACHABLE")


def outcome(region: Region, ask: Callable[[Region], Any]) -> tuple[int, str]:
    """Status and reason, as HTTP names them; each call is the first one after a while."""
    region.world.silos.clock.advance(PROBE_BACKOFF.cap_seconds)
    try:
        answer: httpx.Response = ask(region)
    except errors.SiloError as exc:
        return 503 if isinstance(exc, errors.Unavailable) else 0, exc.reason
    return answer.status_code, answer.headers.get("silo-reason", "")


@pytest.mark.parametrize("fault", [*BETWEEN_SILOS, *OF_THE_REGION])
def test_whoever_makes_a_region_ask_is_never_accused(world: World, fault: str) -> None:
    with region_before_failing(world, (BETWEEN_SILOS | OF_THE_REGION)[fault]) as region:
        outcomes = {what: outcome(region, ask) for what, ask in OWN_QUESTIONS.items()}
    assert outcomes == dict.fromkeys(OWN_QUESTIONS, UNAVAILABLE)


@pytest.mark.parametrize("fault", BETWEEN_SILOS)
def test_whoever_asks_through_a_region_is_not_accused_of_what_is_between_silos(world: World, fault: str) -> None:
    with region_before_failing(world, BETWEEN_SILOS[fault]) as region:
        outcomes = {what: outcome(region, ask) for what, ask in FORWARDED.items()}
    assert outcomes == dict.fromkeys(FORWARDED, UNAVAILABLE)


@pytest.mark.parametrize("keys", ["control/other:secret-of-the-tests", "control/control-us:another-secret"])
def test_a_wrong_key_is_no_accusation(world: World, keys: str) -> None:
    silos = world.silos
    known: dict[str, Any] = {"keys": Keyring.parse(keys), "clock": silos.clock, "retry": ONCE}
    stranger = connect(silos.address(CONTROL), caller="us", target_name=CONTROL, **known)
    with region_before(world, ControlClient(stranger, Circuit(silos.clock))) as region:
        outcomes = [outcome(region, ask) for ask in (OWN_QUESTIONS | FORWARDED).values()]
    assert set(outcomes) == {UNAVAILABLE}


def test_a_control_that_is_not_there_is_no_accusation(world: World) -> None:
    known: dict[str, Any] = {"keys": keys_of("us"), "clock": world.silos.clock, "retry": ONCE}
    nowhere = connect(f"inprocess:{fresh('nowhere')}", caller="us", target_name=CONTROL, **known)
    with region_before(world, ControlClient(nowhere, Circuit(world.silos.clock))) as region:
        outcomes = [outcome(region, ask) for ask in (OWN_QUESTIONS | FORWARDED).values()]
    assert set(outcomes) == {UNAVAILABLE}
