"""Every method of every service answers as specified, over TCP, to a client that shares no code with the project."""

from collections.abc import Iterator

import pytest

from tests.e2e import rpc_rows_of_apps, rpc_rows_of_regions, rpc_rows_of_silos
from tests.e2e.rpc_row import Row, is_as_expected, named
from tests.e2e.rpc_stage import APPS, Stage, running_stage
from tests.e2e.stranger import ENTRIES, OPERATOR, Signature

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ROWS: list[Row] = [*rpc_rows_of_apps.ROWS, *rpc_rows_of_regions.ROWS, *rpc_rows_of_silos.ROWS]
SERVICES = list(dict.fromkeys(row.method.partition("/")[0] for row in ROWS))
READ = f"{APPS}/GetSentryAppBySlug"
KANBAN = {"slug": "kanban"}
WRONG = {"silo-timestamp": "1", "silo-nonce": "0" * 32, "silo-signature": "0" * 64}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with running_stage(tmp_path_factory.mktemp("rpc") / "data") as stage:
        yield stage


@pytest.mark.parametrize("silo", ["control", "us", "de"])
def test_no_method_that_a_silo_serves_is_without_a_row(stage: Stage, silo: str) -> None:
    kin = {"control"} if silo == "control" else {"us", "de"}
    assert stage.silos[silo].methods() == {row.method for row in ROWS if kin & set(row.silos.split())}


@pytest.mark.parametrize("service", SERVICES)
def test_every_method_answers_as_specified(stage: Stage, service: str) -> None:
    failures = [
        f"{silo} {row.method} {request} as {row.caller}\n  expected {expected}\n  answered {answer!s:.800}"
        for row in ROWS
        if row.method.partition("/")[0] == service
        for request, expected in [(named(row.request, stage.facts), row.expect(stage.facts))]
        for silo in row.silos.split()
        for answer in [stage.silos[silo].call(row.method, request, caller=row.caller)]
        if not is_as_expected(answer, expected)
    ]
    assert not failures, "\n".join(failures)


def test_a_write_through_a_region_is_seen_by_whoever_presents_its_token(stage: Stage) -> None:
    request = {"id": stage.facts["clay"]["id"], "attrs": {"name": "Loam"}}
    written = stage.silos["us"].call(f"{APPS}/UpdateSentryApp", request)
    assert written.token
    for silo in (stage.silos["control"], stage.silos["us"]):
        assert silo.call(READ, {"slug": "clay"}, token=written.token).json["sentry_app"]["name"] == "Loam"


def test_a_disabled_app_subscribes_to_nothing(stage: Stage) -> None:
    written = stage.silos["us"].call(f"{APPS}/DisableSentryapp", {"id": stage.facts["wax"]["id"]})
    found = stage.silos["us"].call(READ, {"slug": "wax"}, token=written.token).json["sentry_app"]
    assert (found["is_disabled"], found["events"]) == (True, [])


def test_an_internal_integration_is_made_once_wherever_it_is_asked_for(stage: Stage) -> None:
    request = {
        "organization_id": stage.facts["gamma"]["id"],
        "integration_name": "Once",
        "integration_creator_id": stage.facts["owner"]["id"],
    }
    method = f"{APPS}/CreateInternalIntegrationForChannelRequest"
    first, again = (stage.silos[silo].call(method, request).json["installation"] for silo in ("us", "control"))
    assert len(first.pop("api_token")) == 64
    assert again == first


def test_the_saved_rule_reaches_the_app_signed(stage: Stage) -> None:
    fields = [{"name": "lane", "value": "1"}]
    request = {"install_uuid": stage.facts["kanban_in"]["uuid"], "fields": fields}
    stage.silos["us"].call(f"{APPS}/TriggerSentryAppActionCreators", request)
    sent = [each for each in stage.receiver.requests if each.path == "/alert"][-1]
    assert sent.json == {"fields": fields, "installationId": stage.facts["kanban_in"]["uuid"]}
    assert sent.is_signed(stage.facts["kanban"]["application"]["client_secret"])


def test_a_call_ends_at_its_deadline_however_slow_the_app_is(stage: Stage) -> None:
    held = stage.receiver.holds("/slow")
    request = {
        "organization_id": stage.facts["acme"]["id"],
        "installation": {"uuid": stage.facts["kanban_in"]["uuid"]},
        "uri": "/slow",
    }
    method = "hybridcloud.region.v1.SentryAppRegionService/GetSelectOptions"
    answer = stage.silos["us"].call(method, request, timeout_seconds=0.3)
    held.set()
    # The region gives the app up a little earlier, so that it can still say whose fault it is.
    assert answer.code == "DEADLINE_EXCEEDED" or answer.json["error"]["status_code"] == 502


@pytest.mark.parametrize("entry", ENTRIES)
def test_no_entry_of_the_signature_may_be_missing_or_wrong(stage: Stage, entry: str) -> None:
    us = stage.silos["us"]
    for value in ("", WRONG.get(entry, "other")):
        assert us.call(READ, KANBAN, entries={entry: value}).code == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "wrong", [{"key": "other"}, {"secret": "other"}, {"target": "de"}, {"target": "control"}], ids=str
)
def test_a_call_that_is_signed_with_another_key_or_for_another_silo_is_refused(
    stage: Stage, wrong: dict[str, str]
) -> None:
    us = stage.silos["us"]
    parts = {"key": us.key, "secret": us.secret, "caller": OPERATOR, "target": "us", **wrong}
    entries = Signature(**parts).sign(f"/{READ}", us.serialize(READ, KANBAN))
    assert us.call(READ, KANBAN, entries=entries).code == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "signed", [(READ, {"slug": "pager"}), (f"{APPS}/InstallationById", {})], ids=["another request", "another method"]
)
def test_a_signature_is_good_for_its_own_call_alone(stage: Stage, signed: tuple[str, dict[str, str]]) -> None:
    us, (method, request) = stage.silos["us"], signed
    entries = Signature(us.key, us.secret, OPERATOR, "us").sign(f"/{method}", us.serialize(method, request))
    assert us.call(READ, KANBAN, entries=entries).code == "UNAUTHENTICATED"


def test_a_call_is_accepted_once(stage: Stage) -> None:
    us = stage.silos["us"]
    entries = Signature(us.key, us.secret, OPERATOR, "us").sign(f"/{READ}", us.serialize(READ, KANBAN))
    first, again = (us.call(READ, KANBAN, entries=entries) for _ in range(2))
    assert (first.code, again.code, again.reason) == ("OK", "UNAUTHENTICATED", "NONCE_REPLAYED")


@pytest.mark.parametrize("silo", ["control", "us", "de"])
def test_health_needs_no_signature(stage: Stage, silo: str) -> None:
    unsigned = dict.fromkeys(ENTRIES, "")
    answer = stage.silos[silo].call("grpc.health.v1.Health/Check", {"service": APPS}, entries=unsigned)
    assert answer.json == {"status": "SERVING"}
