from collections.abc import Callable

import pytest

from tests.integration.cli.conftest import CommandLine
from tests.silos import Silos

Manifest = Callable[..., str]


@pytest.fixture
def kanban(silo: CommandLine, manifest: Manifest) -> str:
    """The slug of the example app, made for acme."""
    return str(silo("app", "create", manifest(verifyInstall=False), "--json").json["slug"])


def test_an_app_is_made_from_a_manifest_for_the_first_organization(silo: CommandLine, manifest: Manifest) -> None:
    made = silo("app", "create", manifest(), "--json").json
    assert (made["slug"], made["owner"]["slug"], made["status"]) == ("acme-kanban", "acme", "unpublished")
    assert len(made["schema"]["elements"]) == 3


def test_a_name_and_an_organization_overrule_the_manifest(silo: CommandLine, manifest: Manifest) -> None:
    silo("org", "create", "shop", "--region", "de")
    made = silo("app", "create", manifest(organization="acme"), "--org", "shop", "--name", "Shop Board", "--json").json
    assert (made["slug"], made["owner"]["slug"]) == ("shop-board", "shop")


def test_a_person_is_told_what_to_do_next(silo: CommandLine, manifest: Manifest) -> None:
    ended = silo("app", "create", manifest())
    assert "acme-kanban" in ended.out
    assert "Next: silo app install acme-kanban --org acme" in ended.err


def test_whoever_made_an_internal_app_is_not_told_to_install_it(silo: CommandLine, manifest: Manifest) -> None:
    ended = silo("app", "create", manifest(isInternal=True, verifyInstall=False))
    assert "Next: silo app token create acme-kanban-" in ended.err
    assert "install" not in ended.err


def test_what_control_refuses_is_told_field_by_field(silo: CommandLine, manifest: Manifest) -> None:
    ended = silo("app", "create", manifest(webhookUrl="ftp://x", name="x" * 58))
    assert (ended.code, ended.out) == (1, "")
    assert "name: Cannot exceed 57 characters" in ended.err
    assert "webhookUrl: URL must start with http[s]://" in ended.err


def test_apps_are_listed_page_after_page(silo: CommandLine, silos: Silos) -> None:
    creator, owner = silos.create_user("maker@acme.example"), silos.create_organization("many", region="us")
    for number in range(101):
        silos.create_app(f"Board {number}", owner=owner, creator=creator)
    assert len(silo("app", "list", "--json").json) == 101
    assert len(silo("app", "list", "--org", "many", "--json").json) == 101


def test_installing_twice_is_one_installation(silo: CommandLine, kanban: str) -> None:
    first, second = silo("app", "install", kanban, "--json").json, silo("app", "install", kanban, "--json").json
    assert first["uuid"] == second["uuid"]
    assert (first["status"], first["organization"]["slug"]) == ("installed", "acme")


def test_an_app_that_cannot_be_installed_is_named(silo: CommandLine, kanban: str) -> None:
    silo("org", "create", "shop", "--region", "de")
    assert "no app 'nope' that acme may install" in silo("app", "install", "nope").err
    assert "Could not find requested organization" in silo("app", "install", kanban, "--org", "nowhere").err


@pytest.mark.parametrize(
    ("line", "listing"),
    [
        ("app show nope", "silo app list"),
        ("deliveries list nope", "silo app list"),
        ("app list --org nope", "silo org list"),
        ("app create MANIFEST --org nope", "silo org list"),
        ("org create shop --region atlantis", "silo region list"),
    ],
)
def test_whoever_names_what_there_is_not_is_told_where_to_look(
    silo: CommandLine, manifest: Manifest, line: str, listing: str
) -> None:
    ended = silo(*(manifest() if part == "MANIFEST" else part for part in line.split()))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.endswith(f". `{listing}` shows which there are.\n")


def test_an_app_is_shown_with_what_each_region_holds_of_it(silo: CommandLine, silos: Silos, kanban: str) -> None:
    uuid = silo("app", "install", kanban, "--json").json["uuid"]
    silos.replicate()
    regions = silo("app", "show", kanban, "--json").json["regions"]
    held = {"uuid": uuid, "organization": "acme", "status": "installed"}
    assert (regions["us"]["version"], regions["us"]["installations"]) == (1, [held])
    assert (regions["de"]["version"], regions["de"]["installations"]) == (None, [])
    assert "acme (installed)" in silo("app", "show", kanban).out


def test_a_region_that_is_away_is_shown_as_such(silo: CommandLine, silos: Silos, kanban: str) -> None:
    silos.stop("de")
    assert silo("app", "show", kanban, "--json").json["regions"]["de"]["reachable"] is False
    assert "does not answer" in silo("app", "show", kanban).out
    silos.start("de")


def test_an_uninstalled_app_is_gone_and_can_be_deleted(silo: CommandLine, kanban: str) -> None:
    silo("app", "install", kanban)
    assert len(silo("app", "uninstall", kanban, "--yes", "--json").json["uninstalled"]) == 1
    assert "is not installed in acme" in silo("app", "uninstall", kanban).err
    assert silo("app", "delete", kanban, "--yes", "--json").json == {"slug": kanban, "deleted": True}
    assert (silo("app", "show", kanban).code, silo("app", "delete", kanban).code) == (1, 1)
