"""An app is made equal to its manifest, as often as one likes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.cli.conftest import CommandLine

Manifest = Callable[..., str]


@pytest.fixture
def kanban(silo: CommandLine, manifest: Manifest) -> str:
    return str(silo("app", "create", manifest(), "--json").json["slug"])


def test_an_update_changes_what_the_manifest_says_and_shows_it(
    silo: CommandLine, manifest: Manifest, kanban: str
) -> None:
    path = manifest(webhookUrl="https://new.example/hook", scopes=["org:write"], events=[])
    updated = silo("app", "update", path, "--json").json
    assert [each["field"] for each in updated["changes"]] == ["scopes", "events", "webhookUrl"]
    assert updated["updated"] is True
    shown = silo("app", "show", kanban, "--json").json
    assert (shown["webhookUrl"], shown["scopes"], shown["events"]) == (
        "https://new.example/hook",
        ["org:read", "org:write"],
        [],
    )


@pytest.mark.usefixtures("kanban")
def test_a_second_update_changes_nothing(silo: CommandLine, manifest: Manifest) -> None:
    path = manifest(scopes=["org:write", "event:admin"])
    silo("app", "update", path)
    again = silo("app", "update", path)
    assert (again.code, again.err) == (0, "acme-kanban is as its manifest says: nothing changes.\n")


def test_a_dry_run_shows_what_would_change_and_changes_nothing(
    silo: CommandLine, manifest: Manifest, kanban: str
) -> None:
    ended = silo("app", "update", manifest(author="Somebody Else"), "--dry-run")
    assert "would be" in ended.out
    assert "Somebody Else" in ended.out
    assert silo("app", "show", kanban, "--json").json["author"] == "Acme Corporation"


def test_a_manifest_of_another_name_needs_the_app_named(silo: CommandLine, manifest: Manifest, kanban: str) -> None:
    path = manifest(name="Shop Kanban")
    refused = silo("app", "update", path)
    assert (refused.code, "has no app named 'Shop Kanban'; `silo app create` makes it." in refused.err) == (1, True)
    assert silo("app", "update", path, "--app", kanban, "--json").json["app"]["name"] == "Shop Kanban"


def test_what_a_manifest_leaves_out_stays(silo: CommandLine, tmp_path: Path, kanban: str) -> None:
    path = tmp_path / "part.json"
    path.write_text(json.dumps({"name": "Acme Kanban", "overview": "Shorter."}))
    assert silo("app", "update", str(path), "--json").json["app"]["overview"] == "Shorter."
    assert len(silo("app", "show", kanban, "--json").json["schema"]["elements"]) == 3


def test_what_control_refuses_changes_nothing(silo: CommandLine, manifest: Manifest, kanban: str) -> None:
    ended = silo("app", "update", manifest(author="Else", webhookUrl="ftp://x"), "--json")
    assert (ended.code, ended.out, "webhookUrl: URL must start with" in ended.err) == (1, "", True)
    assert silo("app", "show", kanban, "--json").json["author"] == "Acme Corporation"


def test_create_or_update_makes_an_app_once(silo: CommandLine, manifest: Manifest) -> None:
    silo("app", "create", manifest(), "--or-update")
    assert silo("app", "create", manifest(author="Else"), "--or-update", "--json").json["app"]["author"] == "Else"
    assert len(silo("app", "list", "--json").json) == 1
