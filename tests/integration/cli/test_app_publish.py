import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.cli.conftest import CommandLine
from tests.pictures import picture
from tests.silos import Silos


@pytest.fixture
def kanban(silo: CommandLine, manifest: Callable[..., str]) -> str:
    """The slug of the example app, which shows in issues."""
    return str(silo("app", "create", manifest(), "--json").json["slug"])


@pytest.fixture
def png(tmp_path: Path) -> str:
    path = tmp_path / "picture.png"
    path.write_bytes(base64.b64decode(picture()))
    return str(path)


def test_an_app_is_published_at_once(silo: CommandLine, kanban: str) -> None:
    ended = silo("app", "publish", kanban, "--yes")
    assert (ended.code, ended.err) == (0, "acme-kanban is published, for good.\n")
    assert silo("app", "list", "--status", "published", "--json").json[0]["slug"] == kanban


def test_an_owner_is_told_who_publishes(silo: CommandLine, kanban: str) -> None:
    made = silo("user", "create", "jane@acme.example", "--org", "acme", "--role", "owner", "--json").json
    ended = silo("app", "publish", kanban, "--yes", "--token", made["token"])
    assert (ended.code, "`--request` asks them to" in ended.err) == (1, True)


def test_a_publication_is_asked_for_with_pictures_and_answers(silo: CommandLine, kanban: str, png: str) -> None:
    arguments = ("--request", "--logo", png, "--icon", png, "--answer", "What does it do?=Cards=fun", "--json")
    shown = silo("app", "publish", kanban, *arguments).json
    assert shown["status"] == "publish_request_inprogress"
    assert [avatar["photoType"] for avatar in shown["avatars"]] == ["logo", "icon"]
    assert "Publish request in progress." in silo("app", "publish", kanban, "--request").err


def test_what_a_request_lacks_is_told(silo: CommandLine, kanban: str) -> None:
    ended = silo("app", "publish", kanban, "--request")
    assert (ended.code, "Must upload a logo for the integration." in ended.err) == (1, True)


@pytest.mark.parametrize("option", [("--answer", "42"), ("--answer", "=a"), ("--logo", "/nowhere.png")])
def test_an_option_that_is_wrong_is_wrong_use_and_nothing_happens(
    silo: CommandLine, silos: Silos, kanban: str, option: tuple[str, str]
) -> None:
    assert silo("app", "publish", kanban, *option).code == 2
    assert silo("app", "show", kanban, "--json").json["status"] == "unpublished"
