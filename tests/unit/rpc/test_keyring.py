import pytest

from shared.errors import ConfigInvalid, SiloUnreachable
from shared.rpc.keyring import Key, Keyring


def test_the_first_key_of_a_peer_signs_and_all_are_found() -> None:
    keyring = Keyring.parse("us/new:n3w, us/old:0ld, de/de:other")
    assert keyring.signing("us") == Key(peer="us", id="new", secret=b"n3w")
    assert keyring.signing("de").id == "de"
    assert keyring.find("old") == Key(peer="us", id="old", secret=b"0ld")
    assert keyring.find("other") is None


def test_nothing_is_signed_for_a_peer_without_a_key() -> None:
    with pytest.raises(SiloUnreachable, match="No key is shared with jp"):
        Keyring.parse("us/a:secret").signing("jp")


def test_an_operators_own_key_signs_for_every_silo() -> None:
    keyring = Keyring.parse("control/us-1:first,operator:cli/op-1:second")
    assert keyring.signing("control", caller="operator:cli").id == "op-1"
    assert keyring.signing("control", caller="us").id == "us-1"


def test_a_secret_may_contain_colons_and_slashes() -> None:
    assert Keyring.parse("us/a:b:c/d").signing("us").secret == b"b:c/d"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "hunter2",
        "us/a:",
        "us/a: ",
        "us/:hunter2",
        "us/a:hunter2,",
        "us/a:hunter2,hunter2",
        "us/a:hunter2,de/a:other",
        "us/ü:hunter2",
        "US/a:hunter2",
        "robot:x/a:hunter2",
        "/a:hunter2",
    ],
)
def test_text_of_another_form_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        Keyring.parse(text)
    assert "hunter2" not in caught.value.message
    assert "hunter2" not in str(vars(caught.value))


@pytest.mark.parametrize("old", ["main:hunter2", "control/us-1:one,main:hunter2"])
def test_the_old_form_is_answered_with_the_new_one(old: str) -> None:
    with pytest.raises(ConfigInvalid, match=r"names no peer\. Each is peer/id:secret, such as control/us-1:"):
        Keyring.parse(old)


def test_the_place_of_a_bad_entry_is_named() -> None:
    with pytest.raises(ConfigInvalid, match="Entry 2 "):
        Keyring.parse("us/a:secret,other")


def test_a_keyring_shows_its_ids_and_no_secret() -> None:
    keyring = Keyring.parse("us/a:hunter2,us/b:swordfish")
    assert repr(keyring) == "Keyring(ids=['a', 'b'])"
    assert repr(keyring.signing("us")) == "Key(peer='us', id='a')"


def test_a_key_prints_as_it_is_read() -> None:
    assert [key.entry for key in Keyring.parse("us/a:1,operator:cli/b:2")] == ["us/a:1", "operator:cli/b:2"]
