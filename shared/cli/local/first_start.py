"""What a platform has from its first start on: keys, a superuser, the organization ``acme`` and its owner."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace

from shared.cli.local.silo_process import SiloProcess, SiloSpec
from shared.cli.rest import RestClient
from shared.cli.topology import Organization, Silo, Topology, User
from shared.domain.peer import CONTROL
from shared.errors import Internal

ORGANIZATION_SLUG = "acme"
ORGANIZATION_NAME = "Acme"
OWNER_EMAIL = "owner@acme.example"


def read_superuser(printed: str) -> User:
    """The superuser, from the line that ``migrate --bootstrap`` prints on its first run.

    Raises:
        Internal: the line is not there, or without secrets.
    """
    try:
        line = next(line for line in printed.splitlines() if line.startswith("{"))
        return User.from_json(json.loads(line)["superuser"])
    except (StopIteration, ValueError, KeyError) as exc:
        raise Internal("Control's bootstrap did not print the superuser's secrets.") from exc


def create_organization(rest: RestClient, *, region: str) -> tuple[Organization, User]:
    """Makes the organization in a region, and its owner.

    Raises:
        SiloError: what control said.
    """
    made = rest.post("/organizations/", {"slug": ORGANIZATION_SLUG, "name": ORGANIZATION_NAME, "region": region})
    owner = create_user(rest, {"email": OWNER_EMAIL, "organization": ORGANIZATION_SLUG, "role": "owner"})
    return Organization(id=int(made["id"]), slug=str(made["slug"]), region=region), owner


def create_user(rest: RestClient, body: Mapping[str, object]) -> User:
    """Makes a user; the password is one of ours unless the body has one, so that it is known here.

    Raises:
        SiloError: what control said.
    """
    # Made up here, since control shows a password of its own making once, and this one is kept in the topology.
    password = str(body.get("password") or secrets.token_urlsafe(16))
    made = rest.post("/users/", {**body, "password": password})
    return User.from_json({"password": password, **made})


def complete_topology(
    specs: Mapping[str, SiloSpec],
    processes: Mapping[str, SiloProcess],
    *,
    kept: Topology | None,
    printed: str,
    rpc_keys: str,
) -> Topology:
    silos = {
        name: Silo(http=spec.address.url, grpc=spec.address.grpc, pid=processes[name].pid)
        for name, spec in specs.items()
    }
    control = silos.pop(CONTROL)
    if kept:
        # Users and organization stay: their secrets were shown once, and control keeps hashes.
        return replace(kept, control=control, regions=silos, rpc_keys=rpc_keys)
    superuser = read_superuser(printed)
    organization, owner = _first_organization(control, next(iter(silos)), superuser)
    return Topology(
        control=control,
        regions=silos,
        organization=organization,
        users={"owner": owner, "superuser": superuser},
        rpc_keys=rpc_keys,
    )


def _first_organization(control: Silo, region: str, superuser: User) -> tuple[Organization, User]:
    with RestClient(control.http, token=superuser.token) as rest:
        return create_organization(rest, region=region)
