from collections.abc import Callable

import pytest

from control_silo.services.authentication import authenticate_token
from shared.cli.main import WRONG_USE, run
from shared.cli.topology import Topology
from shared.errors import CredentialsInvalid
from tests.integration.cli.conftest import CommandLine
from tests.silos import Silos

Manifest = Callable[..., str]


@pytest.fixture
def bot(silo: CommandLine, manifest: Manifest) -> str:
    """The slug of an internal app, made for acme."""
    path = manifest(name="Bot", isInternal=True, verifyInstall=False)
    return str(silo("app", "create", path, "--json").json["slug"])


def acts_in(silos: Silos, token: str) -> int | None:
    """The organization in which a token acts for an app."""
    with silos.control.database.session():
        app = authenticate_token(silos.control, token).acting_app
    return app.organization_id if app else None


def test_a_token_that_was_made_acts_for_the_app(silo: CommandLine, silos: Silos, bot: str) -> None:
    made = silo("app", "token", "create", bot, "--json").json
    assert acts_in(silos, made["token"]) == 1


def test_a_person_is_shown_the_token_and_told_to_keep_it(silo: CommandLine, silos: Silos, bot: str) -> None:
    ended = silo("app", "token", "create", bot)
    [token] = [word for word in ended.out.split() if len(word) == 64]
    assert acts_in(silos, token) == 1
    assert "Keep the token" in ended.err


def test_tokens_are_listed_by_their_last_characters(silo: CommandLine, bot: str) -> None:
    made = [silo("app", "token", "create", bot, "--json").json for _ in range(2)]
    listed = silo("app", "token", "list", bot, "--json").json
    assert [each["id"] for each in listed] == [made[1]["id"], made[0]["id"]]
    assert made[0]["token"][-4:] in silo("app", "token", "list", bot).out
    assert made[0]["token"] not in silo("app", "token", "list", bot, "--json").out


def test_a_deleted_token_is_good_for_nothing(silo: CommandLine, silos: Silos, bot: str) -> None:
    made = silo("app", "token", "create", bot, "--json").json
    deleted = silo("app", "token", "delete", bot, made["id"], "--yes", "--json").json
    assert deleted == {"app": bot, "id": made["id"], "deleted": True}
    with pytest.raises(CredentialsInvalid):
        acts_in(silos, made["token"])
    assert "Couldn't find the given api token" in silo("app", "token", "delete", bot, made["id"], "--yes").err


def test_what_control_refuses_is_told_in_its_words(silo: CommandLine, manifest: Manifest) -> None:
    kanban = silo("app", "create", manifest(), "--json").json["slug"]
    ended = silo("app", "token", "create", kanban)
    assert (ended.code, ended.out) == (1, "")
    assert "This route is limited to internal integrations only" in ended.err


def test_elsewhere_a_session_has_to_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["app", "token", "list", "bot", "--control", "http://127.0.0.1:1", "--token", "x"]
    assert run(line, environ={}) == WRONG_USE
    assert "silo app token list: Set SILO_SESSION" in capsys.readouterr().err


def test_a_session_of_elsewhere_comes_from_the_environment(
    topology: Topology, bot: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    environ = {"SILO_SESSION": topology.users["superuser"].session}
    assert run(["app", "token", "list", bot, "--control", topology.control.http, "--json"], environ=environ) == 0
    assert capsys.readouterr().out == "[]\n"


def test_a_rotated_secret_is_shown_once(silo: CommandLine, manifest: Manifest) -> None:
    made = silo("app", "create", manifest(), "--json").json
    new = silo("app", "rotate-secret", made["slug"], "--yes", "--json").json["clientSecret"]
    assert new != made["clientSecret"]
    assert silo("app", "show", made["slug"], "--json").json["clientSecret"] == new
    assert new not in silo("app", "rotate-secret", made["slug"], "--yes").out
