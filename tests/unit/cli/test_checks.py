"""What `silo doctor` says of what it saw: each check, of a platform that is well but for one thing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.cli import checks
from shared.cli.checks import CHECKS, OPERATOR, Verdict
from shared.cli.examination import Examination, ExaminedSilo
from shared.cli.status_report import SiloStatus, StatusReport
from shared.clock import SystemClock
from shared.errors import KeyUnknown
from shared.http.measure import CERTIFICATE_ENDS, MISSING_MIGRATIONS, SKEW, Metrics
from shared.pb.hybridcloud.operations.v1.key_pb2 import PeerKey
from shared.pb.hybridcloud.operations.v1.key_service_pb2 import ListKeysResponse
from tests.contract.rpc.test_tls import Authority

DAY = 86_400
NOW = 1_893_456_000.0


def keys(*named: str, shared: bool = False, keeps: bool = True) -> ListKeysResponse:
    made = [PeerKey(peer=peer, key_id=f"{number}", shared=shared) for number, peer in enumerate(named)]
    return ListKeysResponse(keys=made, keeps_keys=keeps)


def silo(name: str, *peers: str) -> ExaminedSilo:
    metrics = {MISSING_MIGRATIONS: 0.0, CERTIFICATE_ENDS: NOW + 90 * DAY}
    where = {"grpc": f"{name}.example:50051", "http": f"http://{name}.example"}
    known = keys(*peers, "operator:cli")
    return ExaminedSilo(name=name, **where, is_healthy=True, keys=known, metrics=metrics, clock_ahead_seconds=0.1)


WELL = Examination(
    silos={"control": silo("control", "us"), "us": silo("us", "control")},
    status=StatusReport(SiloStatus(reachable=True), {"us": SiloStatus(reachable=True)}),
    now=NOW,
    directory=frozenset({"us"}),
)


def with_us(**changes: Any) -> Examination:
    return replace(WELL, silos={**WELL.silos, "us": replace(WELL.silos["us"], **changes)})


def ill(seen: Examination) -> list[tuple[str, str, Verdict]]:
    found = [(check.__name__, finding) for check in CHECKS for finding in check(seen)]
    return [(check, each.silo, each.verdict) for check, each in found if each.verdict is not Verdict.OK]


def test_a_platform_that_is_well_is_said_to_be() -> None:
    assert ill(WELL) == []


@pytest.mark.parametrize(
    ("changes", "check", "verdict"),
    [
        ({"is_healthy": False}, "reachable", Verdict.PROBLEM),
        ({"metrics": None}, "reachable", Verdict.PROBLEM),
        ({"metrics": {MISSING_MIGRATIONS: 2.0}}, "schema", Verdict.PROBLEM),
        ({"metrics": {CERTIFICATE_ENDS: NOW - 1}}, "certificates", Verdict.PROBLEM),
        ({"metrics": {CERTIFICATE_ENDS: NOW + 20 * DAY}}, "certificates", Verdict.WARNING),
        ({"keys": keys("control", shared=True)}, "keys", Verdict.PROBLEM),
        ({"keys": keys("operator:cli")}, "keys", Verdict.PROBLEM),
        ({"keys": keys("control", keeps=False)}, "keys", Verdict.WARNING),
        ({"keys": KeyUnknown()}, "keys", Verdict.PROBLEM),
        ({"clock_ahead_seconds": -1.5}, "clocks", Verdict.WARNING),
        ({"clock_ahead_seconds": 30.0}, "clocks", Verdict.PROBLEM),
        ({"metrics": {SKEW: -1.5}}, "database_clocks", Verdict.WARNING),
        ({"metrics": {SKEW: 30.0}}, "database_clocks", Verdict.PROBLEM),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_silo_is_found(changes: dict[str, Any], check: str, verdict: Verdict) -> None:
    assert ill(with_us(**changes)) == [(check, "us", verdict)]


def test_a_region_that_control_has_no_key_of_is_found() -> None:
    assert ill(replace(WELL, directory=frozenset({"us", "de"}))) == [("keys", "control", Verdict.PROBLEM)]


def test_a_port_of_outgoing_connections_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "range").write_text("32768\t60999\n")
    monkeypatch.setattr(checks, "_EPHEMERAL", tmp_path / "range")
    assert ill(with_us(grpc="127.0.0.1:50061")) == [("ports", "us", Verdict.WARNING)]
    assert ill(with_us(grpc="127.0.0.1:4000")) == []


@pytest.mark.parametrize("status", [{"parked": 1}, {"breaker": "open"}, {"is_paused": True}], ids=str)
def test_what_cannot_be_delivered_is_found(status: dict[str, Any]) -> None:
    report = StatusReport(WELL.status.control, {"us": SiloStatus(reachable=True, **status)})
    assert ill(replace(WELL, status=report)) == [("outboxes", "us", Verdict.WARNING)]


def test_the_operators_own_certificate_is_looked_at_too(tmp_path: Path) -> None:
    files = Authority(tmp_path / "authority").issue("us")  # for an hour
    now = SystemClock().now().timestamp()
    (found,) = [each for each in checks.certificates(replace(WELL, tls=files, now=now)) if each.silo == OPERATOR]
    assert (found.verdict, found.says.startswith("its certificate ends in")) == (Verdict.WARNING, True)


def test_a_silo_shows_when_its_certificate_ends(tmp_path: Path) -> None:
    files = Authority(tmp_path / "authority").issue("us")
    shown = Metrics(list_ages=tuple, clock=SystemClock(), tls=files).registry
    assert shown.get_sample_value(CERTIFICATE_ENDS) == files.expires_at().timestamp()


def test_whatever_is_wrong_comes_with_what_to_do() -> None:
    seen = [with_us(is_healthy=False), with_us(keys=KeyUnknown()), with_us(clock_ahead_seconds=30.0)]
    found = [finding for each in seen for check in CHECKS for finding in check(each)]
    assert all(each.advice for each in found if each.verdict is not Verdict.OK)


def test_every_check_is_made() -> None:
    written = [
        each for each in vars(checks).values() if getattr(each, "__annotations__", {}).get("seen") is Examination
    ]
    assert [check for check in written if not check.__name__.startswith("_")] == list(CHECKS)
