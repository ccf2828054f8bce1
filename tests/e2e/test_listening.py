"""Webhooks brought to a server without a public address: by ``silo listen``, and by a client of smee.io, unmodified."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.domain.json_text import stringify
from shared.domain.signature import sign
from tests.e2e import npm
from tests.e2e.silo_up import SiloUp, eventually, silo_up
from tests.integration.third_party import ThirdPartyApp, running_app

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

UNREACHABLE = "http://127.0.0.1:9/hook"
SMEE = "smee-client@5.0.0"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiloUp]:
    with silo_up(tmp_path_factory.mktemp("listening") / "data") as up:
        yield up


@pytest.fixture
def local() -> Iterator[ThirdPartyApp]:
    """The developer's own server."""
    with running_app() as local:
        local.answers("/hook", status=201, json={"got": "it"})
        yield local


@pytest.fixture(scope="module")
def app(up: SiloUp) -> dict[str, Any]:
    """An app whose own address nobody can call."""
    body = {"name": "Local", "organization": "acme", "isInternal": True, "scopes": ["event:read"], "events": ["issue"]}
    with up.api("owner") as api:
        made = api.post("/sentry-apps/", json=body | {"webhookUrl": UNREACHABLE})
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
    up.silo("project", "create", "acme", "web", "--json")
    return found


def try_out(up: SiloUp, app: dict[str, Any]) -> str:
    """The id of a delivery that is on its way."""
    return str(up.silo("deliveries", "test", app["slug"], "issue.created", "--project", "web", "--json").json["id"])


def test_a_webhook_comes_byte_for_byte_and_the_answer_is_shown_and_logged(
    up: SiloUp, app: dict[str, Any], local: ThirdPartyApp
) -> None:
    sent = try_out(up, app)
    url, since = f"{local.url}/hook", "2000-01-01T00:00:00Z"
    ended = up.silo("listen", app["slug"], "--forward-to", url, "--since", since, "--seconds", "0", "--json")
    shown = [json.loads(line) for line in ended.out.splitlines()][-1]
    request = local.requests[-1]
    assert (shown["id"], shown["answer"]["responseCode"]) == (sent, 201)
    assert request.body == shown["body"].encode()
    assert request.headers["sentry-hook-signature"] == sign(request.body, secret=app["clientSecret"])
    attempts = up.silo("deliveries", "show", app["slug"], sent, "--json").json["attempts"]
    (logged,) = [each for each in attempts if each["responseCode"] == 201]
    assert logged["response"]["body"] == '{"got": "it"}'


def test_who_listens_goes_on_when_control_was_away(up: SiloUp, app: dict[str, Any], local: ThirdPartyApp) -> None:
    command = [sys.executable, "-m", "shared.cli", "listen", app["slug"], "--forward-to", f"{local.url}/hook"]
    with subprocess.Popen([*command, "--data", str(up.data)], stderr=subprocess.PIPE, text=True) as listener:
        try:
            try_out_until_heard(up, app, local)
            up.lose("control")
            up.start_by_hand("control")
            try_out_until_heard(up, app, local)
            assert listener.poll() is None  # the same one, who was not started again
        finally:
            listener.terminate()


def try_out_until_heard(up: SiloUp, app: dict[str, Any], local: ThirdPartyApp) -> None:
    """One that is tried out before somebody listens is not for them."""
    before = len(local.requests)

    def is_heard() -> bool:
        try_out(up, app)
        return len(local.requests) > before

    eventually(is_heard, within_seconds=60)


@pytest.fixture(scope="module")
def smee(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return npm.install(tmp_path_factory.mktemp("smee"), SMEE)


def test_a_client_of_smee_forwards_what_its_receiver_can_verify(
    up: SiloUp, app: dict[str, Any], local: ThirdPartyApp, smee: Path
) -> None:
    url = up.silo("listen", app["slug"], "--channel", "--json").json["url"]
    with npm.start(smee, "smee-client/bin/smee.js", "--url", url, "--target", f"{local.url}/hook") as client:
        try:
            try_out_until_heard(up, app, local)
        finally:
            client.terminate()
    request = local.requests[-1]
    assert (request.headers["sentry-hook-resource"], request.json["action"]) == ("issue", "created")
    # It prints the body anew, as JavaScript does: for that the second signature is there.
    assert request.headers["sentry-app-signature"] == sign(stringify(request.json).encode(), secret=app["clientSecret"])
