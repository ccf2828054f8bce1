import pytest

from shared.cli.main import SAID_NO, WRONG_USE
from shared.rpc.keyring import Keyring
from tests.integration.cli.conftest import CommandLine
from tests.silos import Silos


def test_a_new_region_is_given_the_line_with_which_it_may_register(silo: CommandLine, silos: Silos) -> None:
    (key,) = Keyring.parse(silo("region", "invite", "tokyo", "--json").json["rpc_keys"])
    assert key.peer == "control"
    assert silos.control.keys.signing("tokyo").secret == key.secret


def test_a_region_is_invited_once(silo: CommandLine) -> None:
    silo("region", "invite", "tokyo")
    again = silo("region", "invite", "tokyo")
    assert again.code == SAID_NO
    assert "`silo key add tokyo` gives it another" in again.err


@pytest.mark.parametrize("name", ["control", "service:web", "Tokyo"])
def test_only_a_region_is_invited(silo: CommandLine, name: str) -> None:
    assert silo("region", "invite", name).code == WRONG_USE


@pytest.mark.parametrize(
    ("peer", "at", "own"),
    [("us", "control", "control"), ("service:web", "us", "us"), ("operator:ann", "control", "operator:ann")],
)
def test_both_sides_of_a_key_are_printed(silo: CommandLine, peer: str, at: str, own: str) -> None:
    made = silo("key", "add", peer, "--silo", at, "--json").json
    (theirs,), (ours,) = Keyring.parse(made["silo_entry"]), Keyring.parse(made["peer_entry"])
    assert (theirs.peer, ours.peer, theirs.secret) == (peer, own, ours.secret)
    assert made["in_force"]


def test_a_key_is_listed_until_it_is_revoked(silo: CommandLine) -> None:
    made = silo("key", "add", "service:web", "--json").json
    silo("key", "revoke", f"service:web/{made['id']}", "--yes")
    (found,) = [each for each in silo("key", "list", "--json").json if each["id"] == made["id"]]
    assert (found["peer"], found["kept"], found["revoked_at"] is not None) == ("service:web", True, True)


def test_what_is_no_key_is_said_so(silo: CommandLine) -> None:
    unknown = silo("key", "revoke", "us/nothing", "--yes")
    assert (unknown.code, "There is no such key" in unknown.err) == (SAID_NO, True)
    assert silo("key", "revoke", "nothing").code == WRONG_USE
