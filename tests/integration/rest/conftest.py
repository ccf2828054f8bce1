"""Two regions and control over HTTP, with people and an app; one world per engine, shared by the tests of a module."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from control_silo.models.app import SentryApp
from control_silo.models.region import OrganizationReplica
from control_silo.services.user import NewUser
from shared.domain.scopes import Role
from tests.http_silos import HttpSilos, serving_http
from tests.patience import patient_silos
from tests.silos import Silos

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
