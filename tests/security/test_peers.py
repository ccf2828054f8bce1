"""Who holds a key of one peer may do what that kind of peer may, and nothing else: every rpc × every kind of caller."""

import itertools
from collections.abc import Iterator, Mapping

import pytest
from google.protobuf import descriptor_pool

from control_silo.rpc.rights import RIGHTS as RIGHTS_OF_CONTROL
from region_silo.rpc.rights import RIGHTS as RIGHTS_OF_A_REGION
from shared.errors import PermissionDenied, SiloError, Unauthenticated
from shared.rpc.keyring import Keyring
from shared.rpc.rights import Rights
from tests.keys import OPERATOR, SERVICE, shared_key
from tests.silos import Silos, running_silos

CALLERS = {"control": "control", "region": "de", "service": SERVICE, "operator": OPERATOR}
"""A peer of each kind; ``de`` holds a key of ``us`` here, as only a mistake could give it one."""
_SERVICES, _ASK, _OPERATE = "service operator", "control service operator", "operator"
MAY: Mapping[str, Mapping[str, str]] = {
    "control": {
        "hybridcloud.apps.v1.AppService": f"region {_SERVICES}",
        "hybridcloud.organizations.v1.OrganizationService": f"region {_SERVICES}",
        "hybridcloud.users.v1.IdentityService": "region",
        "hybridcloud.users.v1.MemberService": "region",
        "hybridcloud.replication.v1.ReplicaService": "region operator",
        "hybridcloud.replication.v1.ReplicaService/ApplyChanges": "region",
        "hybridcloud.operations.v1.OutboxService": _OPERATE,
        "hybridcloud.operations.v1.KeyService": _OPERATE,
        "hybridcloud.operations.v1.TopologyService": _OPERATE,
        "hybridcloud.operations.v1.TopologyService/RegisterRegion": "region",
        "hybridcloud.operations.v1.TopologyService/ReportAppHealth": "region",
    },
    "us": {
        "hybridcloud.apps.v1.AppService": _ASK,
        "hybridcloud.hooks.v1.HookService": _ASK,
        "hybridcloud.requests.v1.AppRequestService": _ASK,
        "hybridcloud.region.v1.SentryAppRegionService": _ASK,
        "hybridcloud.organizations.v1.OrganizationService": _ASK,
        "hybridcloud.organizations.v1.OrganizationService/ProvisionOrganization": "control",
        "hybridcloud.replication.v1.ReplicaService": "control operator",
        "hybridcloud.replication.v1.ReplicaService/ApplyChanges": "control",
        "hybridcloud.operations.v1.OutboxService": _OPERATE,
        "hybridcloud.operations.v1.KeyService": _OPERATE,
    },
}
"""Kinds of callers by silo and service, or method where it differs; the rule of DESIGN §6 as a table."""


@pytest.fixture(scope="module")
def silos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Silos]:
    folder, numbers = tmp_path_factory.mktemp("silos"), itertools.count(1)
    with running_silos(lambda: f"sqlite:///{folder / str(next(numbers))}.db") as silos:
        yield silos


def methods(silo: str) -> list[str]:
    """``package.Service/Method`` of all that a silo is to serve."""
    services = [name for name in MAY[silo] if "/" not in name]
    found = [descriptor_pool.Default().FindServiceByName(name) for name in services]
    return [f"{service.full_name}/{method.name}" for service in found for method in service.methods]


def is_let_in(silos: Silos, silo: str, method: str, caller: str) -> bool:
    """Whether a caller of that name gets as far as the method, whatever it says there."""
    call = silos.channel(silo, caller=caller).unary_unary(f"/{method}", None, None)
    try:
        call(b"", timeout=10)
    except PermissionDenied as refused:
        return not refused.message.startswith("Only ")
    except Unauthenticated:
        return False
    except SiloError:
        return True
    return True


@pytest.mark.parametrize(("silo", "kind"), [(silo, kind) for silo in MAY for kind in CALLERS if kind != silo], ids=str)
def test_each_kind_of_peer_may_call_what_its_kind_may(silos: Silos, silo: str, kind: str) -> None:
    let_in = {method: is_let_in(silos, silo, method, CALLERS[kind]) for method in methods(silo)}
    allowed = {name: kind in (MAY[silo].get(name) or MAY[silo][name.partition("/")[0]]).split() for name in let_in}
    assert let_in == allowed


@pytest.mark.parametrize(("silo", "rights"), [("control", RIGHTS_OF_CONTROL), ("us", RIGHTS_OF_A_REGION)])
def test_no_silo_serves_what_no_row_speaks_of(silos: Silos, silo: str, rights: Rights) -> None:
    assert set(silos.services(silo)) == set(rights.services) == {name for name in MAY[silo] if "/" not in name}
    assert set(rights.methods) == {name for name in MAY[silo] if "/" in name} <= set(methods(silo))


@pytest.mark.parametrize("rights", [RIGHTS_OF_CONTROL, RIGHTS_OF_A_REGION])
@pytest.mark.parametrize("caller", ["control", "us", SERVICE, OPERATOR])
def test_what_no_row_speaks_of_nobody_may_call(rights: Rights, caller: str) -> None:
    with pytest.raises(PermissionDenied):
        rights.require("/hybridcloud.forgotten.v1.ForgottenService/Do", caller=caller)


@pytest.mark.parametrize("pretended", ["control", "us", SERVICE, OPERATOR])
def test_a_region_speaks_as_itself_alone(silos: Silos, pretended: str) -> None:
    channel = silos.channel("control", caller=pretended, keys=Keyring([shared_key("de", "control")]))
    with pytest.raises(Unauthenticated) as refused:
        channel.unary_unary("/hybridcloud.operations.v1.OutboxService/GetStatus", None, None)(b"", timeout=10)
    assert refused.value.reason == "CALLER_WRONG"
