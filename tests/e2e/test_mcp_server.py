"""The original's MCP server, from npm, unmodified: driven over its standard input as an assistant would."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import npm
from tests.e2e.official_project import TITLE, Raised, raise_in
from tests.e2e.silo_up import silo_up

# The first test waits for npm, which may take minutes.
pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

SERVER = "@sentry/mcp-server@0.39.0"


class Assistant:
    """A client of the server, which speaks JSON-RPC by lines."""

    def __init__(self, folder: Path, raised: Raised) -> None:
        self.raised = raised
        up = raised.up
        host = up.place("control")["http"].removeprefix("http://")
        variables = {"SENTRY_ACCESS_TOKEN": up.topology["users"]["owner"]["token"]}
        script = "@sentry/mcp-server/dist/index.js"
        self._server = npm.start(folder, script, f"--host={host}", "--insecure-http", environ=variables, asks=True)
        self._count = 0
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}
        self.ask("initialize", hello)
        self._send({"method": "notifications/initialized"})

    def ask(self, method: str, parameters: Any) -> Any:
        self._count += 1
        self._send({"id": self._count, "method": method, "params": parameters})
        assert self._server.stdout is not None
        for line in self._server.stdout:
            # What it prints besides is for people.
            answer = json.loads(line) if line.startswith("{") else {}
            if answer.get("id") == self._count:
                assert "result" in answer, answer
                return answer["result"]
        raise AssertionError("The server has ended.")

    def use(self, tool: str, **arguments: Any) -> str:
        """What a tool answers in words; those that are not listed are reached through one that is."""
        arguments = {"organizationSlug": "acme", **arguments}
        if tool not in self.tools:
            tool, arguments = "execute_sentry_tool", {"name": tool, "arguments": arguments}
        said = self.ask("tools/call", {"name": tool, "arguments": arguments})
        return "\n".join(part.get("text", "") for part in said["content"])

    @property
    def tools(self) -> set[str]:
        return {tool["name"] for tool in self.ask("tools/list", {})["tools"]}

    def close(self) -> None:
        self._server.terminate()
        try:
            self._server.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.communicate()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._server.stdin.flush()


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = npm.install(tmp_path_factory.mktemp("mcp"), SERVER)
    with silo_up(tmp_path_factory.mktemp("platform") / "data") as up:
        assistant = Assistant(folder, raise_in(up, "shop"))
        try:
            yield assistant
        finally:
            assistant.close()


def test_it_finds_who_asks_and_what_they_see(assistant: Assistant) -> None:
    assert "owner@acme.example" in assistant.use("whoami")
    assert "acme" in assistant.use("find_organizations")
    assert "shop" in assistant.use("find_projects")
    [key] = assistant.raised.read("/projects/acme/shop/keys/")
    assert key["dsn"]["public"] in assistant.use("find_dsns", projectSlug="shop")


def test_it_searches_issues(assistant: Assistant) -> None:
    found = assistant.use("search_issues", query="is:unresolved", projectSlugOrId="shop")
    assert TITLE in found
    assert assistant.raised.short_id in found


@pytest.mark.parametrize("by", ["issue", "event"])
def test_it_shows_what_failed_and_on_which_line(assistant: Assistant, by: str) -> None:
    wanted = {"issue": assistant.raised.short_id, "event": assistant.raised.event_id}[by]
    shown = assistant.use("get_sentry_resource", resourceType=by, resourceId=wanted)
    assert TITLE in shown
    assert f'official_project.py", line {assistant.raised.line}' in shown
    assert "return 12 / quantity" in shown
    assert "**color**: blue" in shown
    assert "email:ann@shop.example" in shown


def test_it_searches_events(assistant: Assistant) -> None:
    found = assistant.use("search_events", dataset="errors", query="level:error color:blue")
    assert TITLE in found
    assert TITLE not in assistant.use("search_events", dataset="errors", query="color:red")


def test_it_counts_events(assistant: Assistant) -> None:
    fields = ["title", "count()"]
    found = assistant.use("search_events", dataset="errors", query="level:error", fields=fields, sort="-count()")
    assert TITLE in found
    assert "count()" in found


def test_it_searches_the_events_of_an_issue(assistant: Assistant) -> None:
    short_id = assistant.raised.short_id
    assert assistant.raised.event_id in assistant.use("search_issue_events", issueId=short_id, query="color:blue")
    assert assistant.raised.event_id not in assistant.use("search_issue_events", issueId=short_id, query="color:red")


def test_it_shows_how_a_tag_is_distributed(assistant: Assistant) -> None:
    shown = json.loads(assistant.use("get_issue_tag_values", issueId=assistant.raised.short_id, tagKey="color"))
    assert [(value["value"], value["count"]) for value in shown["tag"]["topValues"]] == [("blue", 1)]


@pytest.mark.parametrize(
    ("change", "status", "details"),
    [
        ({"status": "resolved"}, "resolved", {}),
        ({"status": "unresolved", "assignedTo": "user:2"}, "unresolved", {}),
        ({"status": "resolvedInNextRelease"}, "resolved", {"inNextRelease": True}),
        (
            {"status": "ignored", "ignoreMode": "untilOccurrenceCount", "ignoreCount": 9, "ignoreWindowMinutes": 60},
            "ignored",
            {"ignoreCount": 9, "ignoreWindow": 60},
        ),
    ],
    ids=["resolved", "assigned", "next release", "ignored"],
)
def test_it_changes_an_issue(assistant: Assistant, change: Any, status: str, details: Any) -> None:
    said = assistant.use("update_issue", issueId=assistant.raised.short_id, **change)
    assert f"Issue {assistant.raised.short_id} Updated" in said
    shown = assistant.raised.issue
    assert (shown["status"], shown["statusDetails"]) == (status, details)


def test_it_shows_what_was_done_to_an_issue(assistant: Assistant) -> None:
    assert "set_resolved" in assistant.use("get_issue_activity", issueId=assistant.raised.short_id)


def test_it_says_what_is_not_offered(assistant: Assistant) -> None:
    assert "404" in assistant.use("find_releases", projectSlug="shop")
