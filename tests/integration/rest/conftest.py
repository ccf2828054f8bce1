"""Two regions and control over HTTP, with people and an app; one world per engine, shared by the tests of a module."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import control_silo.bootstrap
import region_silo.bootstrap
from control_silo.models.app import SentryApp
from control_silo.models.region import OrganizationReplica
from control_silo.services.user import NewUser
from shared.database.transaction import Transaction
from shared.domain.peer import CONTROL
from shared.domain.scopes import Role
from shared.domain.signature import sign_webhook
from shared.webhooks.enqueue import NewDelivery, enqueue_deliveries
from tests.http_silos import HttpSilos, serving_http
from tests.integration.third_party import ThirdPartyApp, running_app
from tests.patience import patient_silos
from tests.silos import Silos, fresh

ORIGIN = "https://robot.example"


@dataclass(frozen=True)
class Web:
    """``acme`` lives in ``us``, ``globex`` in ``de``; the robot is an internal app of acme's."""

    silos: Silos
    http: HttpSilos
    acme: OrganizationReplica
    globex: OrganizationReplica
    owner: NewUser
    """Of acme."""
    member: NewUser
    """Of acme."""
    superuser: NewUser
    robot: SentryApp
    robot_token: str


@pytest.fixture(scope="module")
def web(module_silos: Silos) -> Iterator[Web]:
    """Everything replicated and served; whoever takes a silo away brings it back."""
    with patient_silos(), serving_http(module_silos) as http:
        yield _populated(module_silos, http)


def _populated(silos: Silos, http: HttpSilos) -> Web:
    acme = silos.create_organization("acme", region="us")
    globex = silos.create_organization("globex", region="de")
    owner = http.create_user("owner@acme.example", organization="acme")
    scopes = ["org:read", "event:read", "project:read"]
    robot = silos.create_app(
        "Robot", owner=acme, creator=owner.user, is_internal=True, scopes=scopes, allowed_origins=[ORIGIN]
    )
    token = http.create_app_token(robot)
    silos.replicate()
    return Web(
        silos=silos,
        http=http,
        acme=acme,
        globex=globex,
        owner=owner,
        member=http.create_user("member@acme.example", organization="acme", role=Role.MEMBER),
        superuser=http.create_user("root@silo.example", is_superuser=True),
        robot=robot,
        robot_token=token.text,
    )


@pytest.fixture
def third_party() -> Iterator[ThirdPartyApp]:
    with running_app() as third_party:
        third_party.answers("/hook", json={"got": "it"})
        yield third_party


@pytest.fixture
def app(web: Web, third_party: ThirdPartyApp) -> SentryApp:
    """A public app of acme's, installed there, that has been told of it."""
    app = web.silos.create_app(
        fresh("Kanban"),
        owner=web.acme,
        creator=web.owner.user,
        webhook_url=f"{third_party.url}/hook",
    )
    with web.silos.control.database.transaction() as tx:
        SentryApp.update(webhook_headers=["X-Key: s3cret"]).where(SentryApp.id == app.id).execute()
        del tx
    web.silos.install(app, organization=web.acme)
    web.silos.replicate()
    send(web, CONTROL)
    return app


def send(web: Web, silo: str) -> None:
    if silo == CONTROL:
        sender = control_silo.bootstrap.make_sender(web.silos.control)
    else:
        sender = region_silo.bootstrap.make_sender(web.silos.regions[silo].region)
    sender.send_due()
    sender.wait()
    sender.settle_ended()


def tell(web: Web, app: SentryApp, *, region: str, event: str = "issue.created", payload: Any = None) -> None:
    """A delivery in a region, a second later than whatever was before."""
    web.silos.clock.advance(1)
    with web.silos.database(region).transaction() as tx:
        write(tx, web, app, event=event, payload=payload)


def write(tx: Transaction, web: Web, app: SentryApp, *, event: str, payload: Any = None) -> None:
    """A delivery in a transaction."""
    new = NewDelivery(
        sentry_app_id=app.id,
        installation_id=1,
        organization_id=web.acme.id,
        event=event,
        signed=sign_webhook(payload or {"action": "created"}, secret="s"),
    )
    enqueue_deliveries(tx, [new], now=web.silos.clock.now())
