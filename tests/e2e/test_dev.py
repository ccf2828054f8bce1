"""``silo dev`` beside an app that is being written: made, installed, told, wrong, and right again."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.e2e.silo_up import SiloUp, eventually, silo_up
from tests.integration.third_party import ThirdPartyApp, running_app

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiloUp]:
    with silo_up(tmp_path_factory.mktemp("dev") / "data") as up:
        yield up


@pytest.fixture
def local() -> Iterator[ThirdPartyApp]:
    with running_app() as local:
        yield local


@contextmanager
def developing(up: SiloUp, manifest: Path, *options: str) -> Iterator[Lines]:
    """The lines of `silo dev` as they come."""
    lines: Lines = []
    command = [sys.executable, "-m", "shared.cli", "dev", str(manifest), "--json", "--data", str(up.data), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        reader = Thread(target=lambda out: lines.extend(map(json.loads, out)), args=(running.stdout,))
        reader.start()
        try:
            yield lines
        finally:
            running.terminate()
            assert running.wait(15) == 0
            reader.join(10)


def write(path: Path, url: str, **changes: Any) -> Path:
    body = {"name": "Workbench", "isInternal": True, "scopes": ["event:read"], "events": ["issue"]}
    path.write_text(json.dumps(body | {"webhookUrl": f"{url}/hook"} | changes))
    return path


def said(lines: Lines, words: str) -> bool:
    return any(words in json.dumps(line) for line in lines)


def deliveries(lines: Lines, event: str) -> Lines:
    return [line for line in lines if line["type"] == "delivery" and line["event"] == event]


def test_an_app_is_made_and_told_and_what_is_wrong_with_it_is_said(
    up: SiloUp, local: ThirdPartyApp, tmp_path: Path
) -> None:
    manifest, env = write(tmp_path / "app.json", local.url), tmp_path / ".env"
    local.answers("/hook", status=401, json={})
    with developing(up, manifest, "--env-file", str(env)) as lines:
        eventually(lambda: said(lines, "Waiting for what workbench"), within_seconds=30)
        up.silo("trigger", "issue.resolved")
        eventually(lambda: bool(deliveries(lines, "issue.created")), within_seconds=20)
        first = deliveries(lines, "issue.created")[0]
        assert (first["attempt"]["responseCode"], "verified other bytes" in first["problem"]) == (401, True)
        local.answers("/hook", status=200, json={})
        up.silo("trigger", "issue.ignored")
        eventually(lambda: bool(deliveries(lines, "issue.ignored")), within_seconds=20)
        assert deliveries(lines, "issue.ignored")[0]["problem"] == ""
    variables = dict(line.split("=", 1) for line in env.read_text().splitlines())
    assert set(variables) == {"SENTRY_URL", "SENTRY_CLIENT_ID", "SENTRY_CLIENT_SECRET", "SENTRY_AUTH_TOKEN"}


def test_a_manifest_that_changes_is_applied_and_one_that_is_wrong_is_refused_in_a_sentence(
    up: SiloUp, local: ThirdPartyApp, tmp_path: Path
) -> None:
    manifest = write(tmp_path / "app.json", local.url, name="Changing")
    local.answers("/hook", status=200, json={})
    with developing(up, manifest) as lines:
        eventually(lambda: said(lines, "Waiting for what changing"), within_seconds=30)
        write(manifest, local.url, name="Changing", scopes=["event:read", "project:read"])
        eventually(lambda: said(lines, "says now: scopes"), within_seconds=20)
        write(manifest, local.url, name="Changing", scopes=["event:nonsense"])
        eventually(lambda: said(lines, "event:nonsense"), within_seconds=20)


def test_an_install_that_is_verified_waits_for_the_app_to_start(up: SiloUp, tmp_path: Path) -> None:
    with running_app() as gone:
        url = gone.url
    manifest = write(tmp_path / "app.json", url, name="Late", isInternal=False, author="Me", verifyInstall=True)
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"redirectUrl": f"{url}/setup"}))
    with developing(up, manifest) as lines:
        eventually(lambda: said(lines, "waiting for your app to start"), within_seconds=30)
        eventually(lambda: bool(deliveries(lines, "installation.created")), within_seconds=20)
        assert deliveries(lines, "installation.created")[0]["problem"].startswith(f"Nothing listens at {url}/hook")
