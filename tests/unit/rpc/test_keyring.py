import pytest

from shared.errors import ConfigInvalid
from shared.rpc.keyring import Key, Keyring


def test_the_first_key_signs_and_all_are_found() -> None:
    keyring = Keyring.parse("new:n3w, old:0ld")
    assert keyring.signing == Key(id="new", secret=b"n3w")
    assert keyring.find("old") == Key(id="old", secret=b"0ld")
    assert keyring.find("other") is None


def test_a_secret_may_contain_colons() -> None:
    assert Keyring.parse("a:b:c").signing.secret == b"b:c"


@pytest.mark.parametrize(
    "text",
    ["", "  ", "hunter2", "a:", "a: ", ":hunter2", "a:hunter2,", "a:hunter2,hunter2", "a:hunter2,a:other", "ü:hunter2"],
)
def test_text_of_another_form_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        Keyring.parse(text)
    assert "hunter2" not in caught.value.message
    assert "hunter2" not in str(vars(caught.value))


def test_the_place_of_a_bad_entry_is_named() -> None:
    with pytest.raises(ConfigInvalid, match="Entry 2 "):
        Keyring.parse("a:secret,other")


def test_a_keyring_shows_its_ids_and_no_secret() -> None:
    keyring = Keyring.parse("a:hunter2,b:swordfish")
    assert repr(keyring) == "Keyring(ids=['a', 'b'])"
    assert repr(keyring.signing) == "Key(id='a')"


def test_a_keyring_has_a_key() -> None:
    with pytest.raises(ConfigInvalid):
        Keyring([])
