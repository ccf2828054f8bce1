"""The command-line tool of the original, unmodified: pointed at control, or at the region that control names."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.silo_up import SiloUp, silo_up

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

TOOL = Path(sys.executable).parent / "sentry-cli"


@dataclass(frozen=True)
class SentryCli:
    """The tool, as acme's owner uses it."""

    up: SiloUp
    silo: str
    project: str
    dsn: str

    def __call__(self, *arguments: str) -> str:
        """What it prints, once it has ended well."""
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.up.data),
            "SENTRY_URL": self.up.place(self.silo)["http"],
            "SENTRY_AUTH_TOKEN": self.up.topology["users"]["owner"]["token"],
            "SENTRY_ORG": "acme",
            "SENTRY_PROJECT": self.project,
            "SENTRY_DSN": self.dsn,
            "SENTRY_DISABLE_UPDATE_CHECK": "1",
        }
        done = subprocess.run(
            [str(TOOL), *arguments], env=variables, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiloUp]:
    with silo_up(tmp_path_factory.mktemp("tool") / "data") as up:
        yield up


@pytest.fixture(scope="module", params=["control", "us"])
def sentry_cli(up: SiloUp, request: pytest.FixtureRequest) -> SentryCli:
    """The tool with a project of its own, to which it has sent an event."""
    slug = f"web-{request.param}"
    project = json.loads(up.silo("project", "create", "acme", slug, "--json").out)
    tool = SentryCli(up, request.param, slug, project["dsn"])
    assert "Event dispatched." in tool("send-event", "-m", "It broke")
    return tool


def test_it_knows_whose_token_it_has(sentry_cli: SentryCli) -> None:
    said = sentry_cli("info")
    assert "User: owner@acme.example" in said
    assert "org:admin" in said


def test_it_lists_organizations_and_projects(sentry_cli: SentryCli) -> None:
    assert "acme" in sentry_cli("organizations", "list")
    assert sentry_cli.project in sentry_cli("projects", "list")


def test_it_lists_what_was_sent(sentry_cli: SentryCli) -> None:
    assert "It broke" in sentry_cli("issues", "list")
    assert "It broke" in sentry_cli("events", "list")


def test_it_changes_issues_that_it_names_by_their_status(sentry_cli: SentryCli) -> None:
    assert "new status: resolved" in sentry_cli("issues", "resolve", "--status", "unresolved")
    assert "resolved" in sentry_cli("issues", "list", "--query", "is:resolved")
    assert "new status: unresolved" in sentry_cli("issues", "unresolve", "--status", "resolved")
    assert "It broke" in sentry_cli("issues", "list", "--query", "is:unresolved")
    sentry_cli("issues", "mute", "--all")
    assert "It broke" not in sentry_cli("issues", "list", "--query", "is:unresolved")
