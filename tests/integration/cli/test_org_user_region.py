import pytest

from shared.cli.topology import Topology
from tests.integration.cli.conftest import CommandLine


def test_an_organization_is_made_in_its_region(silo: CommandLine) -> None:
    made = silo("org", "create", "shop", "--region", "de", "--json").json
    assert (made["slug"], made["region"]) == ("shop", "de")
    assert made["id"] in {each["id"] for each in silo("org", "list", "--json").json if each["region"] == "de"}


@pytest.mark.parametrize(
    ("slug", "region", "sentence"),
    [("acme", "us", "already taken"), ("shop", "xx", "'xx'"), ("Shop!", "us", "slug: Enter a valid slug")],
)
def test_an_organization_that_cannot_be_is_explained(silo: CommandLine, slug: str, region: str, sentence: str) -> None:
    ended = silo("org", "create", slug, "--region", region)
    assert (ended.code, ended.out) == (1, "")
    assert sentence in ended.err


def test_a_feature_is_switched(silo: CommandLine) -> None:
    feature = "organizations:integrations-event-hooks"
    switched = silo("org", "feature", "acme", feature, "off", "--json").json
    assert switched == {"organization": "acme", "feature": feature, "enabled": False}


def test_a_switch_is_on_or_off(silo: CommandLine) -> None:
    assert silo("org", "feature", "acme", "organizations:x", "maybe").code == 2


def test_a_new_user_comes_with_everything_to_log_in(silo: CommandLine, topology: Topology) -> None:
    made = silo("user", "create", "ann@acme.example", "--org", "acme", "--role", "manager", "--json").json
    assert set(made) == {"id", "email", "token", "session", "password"}
    assert silo("app", "list", "--token", made["token"]).code == 0
    assert silo("org", "create", "shop", "--region", "us", "--token", made["token"]).code == 1


def test_a_given_password_is_kept(silo: CommandLine) -> None:
    made = silo("user", "create", "bob@acme.example", "--password", "correct horse battery", "--json").json
    assert made["password"] == "correct horse battery"


def test_an_address_belongs_to_one_user(silo: CommandLine) -> None:
    silo("user", "create", "ann@acme.example")
    assert silo("user", "create", "ann@acme.example").code == 1


def test_a_superuser_acts_as_a_user(silo: CommandLine) -> None:
    silo("user", "create", "ann@acme.example", "--org", "acme")
    made = silo("user", "impersonate", "ann@acme.example", "--json").json
    assert set(made) == {"id", "email", "session", "expires_at"}
    assert silo("user", "impersonate", str(made["id"])).code == 0


@pytest.mark.parametrize("user", ["nobody@acme.example", "no/such", "0"])
def test_nobody_acts_as_nobody(silo: CommandLine, user: str) -> None:
    ended = silo("user", "impersonate", user)
    assert (ended.code, ended.out) == (1, "")


def test_the_directory_of_regions_is_listed(silo: CommandLine) -> None:
    assert [region["name"] for region in silo("region", "list", "--json").json] == ["de", "us"]


@pytest.mark.parametrize("line", ["org list", "region list", "app list", "status", "org create shop --region us"])
def test_tables_fit_into_80_columns(silo: CommandLine, line: str) -> None:
    ended = silo(*line.split())
    assert ended.code == 0
    assert max(map(len, ended.out.splitlines())) <= 80
