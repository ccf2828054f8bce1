"""docs/signing.md and its clients: the worked bytes are right, and a real silo answers both clients."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import region_silo.bootstrap
from shared import errors
from shared.clock import FrozenClock, SystemClock
from shared.pb.hybridcloud.apps.v1 import app_calls_pb2
from shared.rpc.keyring import Keyring
from shared.rpc.signature import FUTURE_SECONDS, SKEW_SECONDS, Verifier
from tests.keys import OPERATOR, OPERATOR_KEY
from tests.silos import running_silos

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "signing.md").read_text("utf-8")
WORKED = dict(re.findall(r"^\| (\w+) \| `([^`]+)`", TEXT, re.MULTILINE))
SIGNED = re.findall(r"```\n(.*?)\n```", TEXT, re.DOTALL)[-1]
METHOD = "/hybridcloud.apps.v1.AppService/GetSentryAppBySlug"
REQUEST = app_calls_pb2.GetSentryAppBySlugRequest(slug="kanban").SerializeToString()
CLIENTS = {"python": (sys.executable, "call_silo.py"), "node": (shutil.which("node"), "call_silo.mjs")}


def worked_metadata() -> dict[str, str | bytes]:
    names = ("caller", "target", "timestamp", "nonce", "signature")
    key_id = WORKED["entry"].partition("/")[2].partition(":")[0]
    return {"silo-key": key_id, **{f"silo-{name}": WORKED[name] for name in names}}


def test_the_worked_bytes_are_accepted() -> None:
    verifier = Verifier(Keyring.parse(WORKED["entry"]), target=WORKED["target"], clock=FrozenClock())
    request = bytes.fromhex(WORKED["request"])
    assert verifier.verify(WORKED["method"], metadata=worked_metadata(), body=request) == WORKED["caller"]
    assert request == REQUEST


def test_the_lines_that_are_signed_are_those_of_the_table() -> None:
    _, key_id, *said, digest = SIGNED.split("\n")
    assert said == [WORKED[name] for name in ("caller", "target", "method", "timestamp", "nonce")]
    assert (key_id, digest) == (worked_metadata()["silo-key"], WORKED["digest"])
    assert f"The {len(SIGNED)} bytes" in TEXT


def test_every_reason_stands_in_the_document() -> None:
    named = set(re.findall(r"^\| `([A-Z_]+)`", TEXT, re.MULTILINE))
    elsewhere = (errors.CredentialsMissing, errors.CredentialsInvalid, errors.GrantInvalid, errors.GrantSpent)
    assert named == {each.reason for each in errors.Unauthenticated.__subclasses__() if each not in elsewhere}
    assert f"more than {SKEW_SECONDS} s old or {FUTURE_SECONDS} s ahead" in TEXT


@dataclass
class Called:
    """A region with the app ``kanban``, on a port."""

    address: str

    def by(self, client: str, *, secret: str | None = None) -> subprocess.CompletedProcess[str]:
        program, script = CLIENTS[client]
        if program is None:
            pytest.skip("node is not installed here")
        entry = OPERATOR_KEY.entry if secret is None else f"{OPERATOR}/{OPERATOR_KEY.id}:{secret}"
        command = [program, str(ROOT / "examples" / script), OPERATOR, "us", self.address, METHOD, REQUEST.hex()]
        return subprocess.run(
            command, env={"SILO_RPC_KEYS": entry}, capture_output=True, text=True, timeout=60, check=False
        )


@pytest.fixture
def region(new_database_url: Callable[[], str]) -> Iterator[Called]:
    with running_silos(new_database_url, regions=["us"]) as silos:
        acme = silos.create_organization("acme", region="us")
        silos.create_app("Kanban", owner=acme, creator=silos.create_user("owner@acme.example"))
        silos.replicate()
        us = silos.regions["us"]
        real = replace(us.region, clock=SystemClock())
        on_a_port = us.config.model_copy(update={"grpc_listen": "127.0.0.1:0"})
        with region_silo.bootstrap.start_server(real, on_a_port, control=us.control) as server:
            yield Called(server.address)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_is_answered(region: Called, client: str) -> None:
    called = region.by(client)
    assert called.returncode == 0, called.stderr
    answer = app_calls_pb2.GetSentryAppBySlugResponse.FromString(bytes.fromhex(called.stdout))
    assert answer.sentry_app.slug == "kanban"


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_with_another_secret_is_refused(region: Called, client: str) -> None:
    called = region.by(client, secret="guessed")
    assert (called.returncode, called.stdout) == (1, "")
    assert "signature of the call does not match" in called.stderr


@pytest.mark.parametrize("script", ["call_silo.py", "call_silo.mjs"])
def test_a_client_is_a_page(script: str) -> None:
    assert len((ROOT / "examples" / script).read_text("utf-8").splitlines()) <= 75
