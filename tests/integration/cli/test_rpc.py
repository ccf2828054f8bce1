import json
from dataclasses import replace
from pathlib import Path

import pytest

from shared.cli.access import Access
from shared.cli.main import run
from shared.cli.topology import Topology
from shared.errors import KeyUnknown
from tests.integration.cli.conftest import CommandLine
from tests.silos import Silos

BY_SLUG = "hybridcloud.apps.v1.AppService/GetSentryAppBySlug"
STATUS = "hybridcloud.operations.v1.OutboxService/GetStatus"


def test_a_region_is_asked_by_its_name(silo: CommandLine, silos: Silos) -> None:
    creator, owner = silos.create_user("maker@acme.example"), silos.create_organization("shop", region="us")
    app = silos.create_app("Kanban", owner=owner, creator=creator)
    silos.replicate()
    answer = silo("rpc", "us", BY_SLUG, json.dumps({"slug": app.slug})).json
    assert (answer["sentry_app"]["id"], answer["sentry_app"]["owner_id"]) == (app.id, owner.id)


def test_what_is_not_found_is_absent(silo: CommandLine) -> None:
    assert silo("rpc", "control", BY_SLUG, '{"slug": "nope"}').json == {}


def test_the_request_may_be_left_out(silo: CommandLine) -> None:
    answer = silo("rpc", "control", "hybridcloud.operations.v1.TopologyService/ListRegions").json
    assert [region["name"] for region in answer["regions"]] == ["de", "us"]


def test_an_address_is_called_under_the_name_of_the_silo_that_listens_there(silo: CommandLine, silos: Silos) -> None:
    answer = silo("rpc", silos.address("de"), STATUS).json
    assert answer["silo"] == "de"


def test_a_call_signed_for_another_silo_is_refused_with_the_reason(silo: CommandLine, silos: Silos) -> None:
    ended = silo("rpc", silos.address("de"), STATUS, "--target-name", "us")
    assert (ended.code, ended.out) == (1, "")
    assert "[UNAUTHENTICATED TARGET_WRONG]" in ended.err


def test_trailing_metadata_is_added_on_request(silo: CommandLine, silos: Silos) -> None:
    creator, owner = silos.create_user("maker@acme.example"), silos.create_organization("shop", region="us")
    app = silos.create_app("Kanban", owner=owner, creator=creator)
    change = json.dumps({"id": app.id, "attrs": {"name": "Board"}})
    answer = silo("rpc", "control", "hybridcloud.apps.v1.AppService/UpdateSentryApp", change, "--trailers").json
    token = answer["_trailers"]["silo-consistency-token"]
    read = silo("rpc", "us", BY_SLUG, '{"slug": "kanban"}', "--metadata", f"silo-consistency-token={token}")
    assert read.json["sentry_app"]["name"] == "Board"


def test_a_region_that_the_file_does_not_name_is_found_in_the_directory(access: Access, silos: Silos) -> None:
    found = Access("http://127.0.0.1:1", access.control_grpc, rpc_keys=access.rpc_keys, clock=access.clock)
    assert found.address_of("de") == silos.address("de")
    assert found.name_of(silos.address("us")) == "us"


@pytest.mark.parametrize("silo", ["control", "de"])
def test_an_address_and_the_signing_keys_are_enough(
    silo: str,
    silos: Silos,
    topology: Topology,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    keys = {"SILO_RPC_KEYS": topology.rpc_keys}
    assert run(["rpc", silos.address(silo), STATUS], environ=keys, clock=silos.clock) == 0
    assert json.loads(capsys.readouterr().out)["silo"] == silo


def test_an_address_asked_with_keys_that_are_not_the_platforms_is_refused(access: Access, silos: Silos) -> None:
    with pytest.raises(KeyUnknown):
        replace(access, rpc_keys="operator:cli/other:secret-of-somebody-else").name_of(silos.address("us"))
