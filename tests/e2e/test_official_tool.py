"""The original's newer command-line tool, from npm, unmodified: what it shows a person, and what it changes."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import npm
from tests.e2e.official_project import TITLE, Raised, raise_in
from tests.e2e.silo_up import silo_up
from tests.integration.third_party import ThirdPartyApp, running_app

# The first test waits for npm, which may take minutes.
pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

TOOL = "sentry@0.49.0"
TICKET = "https://kanban.example/7"
_FIELD = {"type": "text", "name": "url", "label": "URL"}
_LINK = {"uri": "/link", "required_fields": [_FIELD]}
_APP = {
    "name": "Kanban",
    "organization": "acme",
    "isInternal": True,
    "scopes": ["event:read", "event:write", "org:read"],
    "schema": {"elements": [{"type": "issue-link", "link": _LINK, "create": _LINK | {"uri": "/create"}}]},
}


@dataclass(frozen=True)
class Tool:
    """The tool, as acme's owner uses it."""

    folder: Path
    raised: Raised

    def __call__(self, *arguments: str) -> str:
        """What it prints, once it has ended well."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        up = self.raised.up
        url = up.place("control")["http"]
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "NO_PROXY": "*",
            "NO_COLOR": "1",
            "COLUMNS": "200",
            "SENTRY_URL": url,
            "SENTRY_HOST": url,
            "SENTRY_AUTH_TOKEN": up.topology["users"]["owner"]["token"],
            "SENTRY_CLI_NO_TELEMETRY": "1",
        }
        script = self.folder / "node_modules" / "sentry" / "dist" / "bin.cjs"
        line = [shutil.which("node") or "node", str(script), *arguments]
        return subprocess.run(line, env=variables, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def third_party() -> Iterator[ThirdPartyApp]:
    with running_app() as third_party:
        third_party.answers("/link", json={"webUrl": TICKET, "project": "web", "identifier": "7"})
        yield third_party


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    folder = npm.install(tmp_path_factory.mktemp("tool"), TOOL)
    with silo_up(tmp_path_factory.mktemp("platform") / "data") as up:
        yield Tool(folder, raise_in(up, "shop"))


def test_it_says_who_is_signed_in_and_what_they_see(tool: Tool) -> None:
    assert "owner@acme.example" in tool("auth", "whoami")
    assert "Acme (acme)" in tool("auth", "status")
    assert "acme" in tool("org", "list")
    assert "shop" in tool("project", "list")


def test_it_shows_a_project_with_its_dsn(tool: Tool) -> None:
    [key] = tool.raised.read("/projects/acme/shop/keys/")
    assert key["dsn"]["public"] in tool("project", "view", "acme/shop")
    assert key["dsn"]["public"] in tool("dsn", "list", "acme/shop")


def test_it_lists_issues_by_title(tool: Tool) -> None:
    listed = tool("issue", "list", "acme/shop")
    assert tool.raised.short_id in listed
    # Its table is too narrow for the title, which takes two lines.
    assert "ZeroDivisionError" in listed
    assert "division by zero" in listed
    assert tool.raised.short_id in tool("issue", "list", "acme/", "--query", "level:error")


def test_it_shows_an_issue_with_the_line_that_failed(tool: Tool) -> None:
    shown = tool("issue", "view", f"acme/{tool.raised.short_id}")
    assert TITLE in shown
    assert f"official_project.py:{tool.raised.line}:" in shown
    assert f"{tool.raised.line} |     return 12 / quantity" in shown
    assert "ann@shop.example" in shown
    assert "color" in shown


def test_it_shows_an_event_by_its_id(tool: Tool) -> None:
    shown = tool("event", "view", f"acme/shop/{tool.raised.event_id}")
    assert TITLE in shown
    assert f"official_project.py:{tool.raised.line}:" in shown


def test_it_lists_the_events_of_an_issue(tool: Tool) -> None:
    assert tool.raised.event_id in tool("issue", "events", f"acme/{tool.raised.short_id}")
    asked = tool("event", "list", f"acme/{tool.raised.short_id}", "--query", "color:blue")
    assert tool.raised.event_id in asked
    assert tool.raised.event_id not in tool("event", "list", f"acme/{tool.raised.short_id}", "--query", "color:red")


def test_it_shows_how_a_tag_is_distributed(tool: Tool) -> None:
    shown = tool("issue", "tags", f"acme/{tool.raised.short_id}", "release")
    assert "shop@1.1" in shown
    assert "100" in shown


def test_it_explores_errors(tool: Tool) -> None:
    assert TITLE in " ".join(tool("explore", "acme/shop").split())


def test_it_sends_an_event(tool: Tool) -> None:
    assert "Event dispatched." in tool("event", "send", "acme/shop", "-m", "It broke")
    assert "It broke" in [issue["title"] for issue in tool.raised.read("/projects/acme/shop/issues/")]


@pytest.mark.parametrize(
    ("arguments", "status", "details"),
    [
        (["resolve"], "resolved", {}),
        (["unresolve"], "unresolved", {}),
        (["resolve", "--in", "@next"], "resolved", {"inNextRelease": True}),
        (["resolve", "--in", "shop@1.1"], "resolved", {"inRelease": "shop@1.1"}),
        (["archive"], "ignored", {}),
        (["archive", "--until", "10x"], "ignored", {"ignoreCount": 10}),
        (["archive", "--until", "5u"], "ignored", {"ignoreUserCount": 5}),
        (["archive", "--until", "10x/1h"], "ignored", {"ignoreCount": 10, "ignoreWindow": 60}),
    ],
    ids=" ".join,
)
def test_it_changes_the_status_of_an_issue(
    tool: Tool, arguments: list[str], status: str, details: dict[str, Any]
) -> None:
    command, *options = arguments
    assert TITLE in tool("issue", command, f"acme/{tool.raised.short_id}", *options)
    assert (tool.raised.issue["status"], tool.raised.issue["statusDetails"]) == (status, details)


def test_it_says_what_cannot_be_done(tool: Tool) -> None:
    refused = tool.run("issue", "merge", f"acme/{tool.raised.short_id}", "acme/SHOP-2")
    assert refused.returncode != 0
    assert "cannot do that to an issue: merge" in refused.stdout + refused.stderr


def test_it_links_an_issue_through_an_app(tool: Tool, third_party: ThirdPartyApp) -> None:
    up = tool.raised.up
    with up.api("owner") as api:
        made = api.post("/sentry-apps/", json=_APP | {"webhookUrl": f"{third_party.url}/hook"})
        assert made.is_success, made.text
    linked = tool("issue", "link", f"acme/{tool.raised.short_id}", TICKET, "--app", made.json()["slug"])
    assert TICKET in linked
    [link] = tool.raised.read(f"/issues/{tool.raised.issue_id}/external-issues/")
    assert (link["webUrl"], link["displayName"]) == (TICKET, "web#7")


def test_it_asks_any_endpoint(tool: Tool) -> None:
    assert TITLE in tool("api", f"organizations/acme/issues/{tool.raised.short_id}/")
