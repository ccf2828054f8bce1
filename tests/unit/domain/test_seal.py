import pytest
from cryptography.exceptions import InvalidTag

from shared.domain.seal import open_sealed, seal

SECRET = "9f" * 32


def test_what_was_sealed_opens_with_its_secret_at_its_place() -> None:
    sealed = seal("the text, ä and \N{SNOWMAN}", secret=SECRET, purpose="exchange/1")
    assert open_sealed(sealed, secret=SECRET, purpose="exchange/1") == "the text, ä and \N{SNOWMAN}"


@pytest.mark.parametrize(("secret", "purpose"), [("9e" * 32, "exchange/1"), (SECRET, "exchange/2"), ("", "exchange/1")])
def test_it_opens_with_no_other_secret_and_nowhere_else(secret: str, purpose: str) -> None:
    sealed = seal("text", secret=SECRET, purpose="exchange/1")
    with pytest.raises(InvalidTag):
        open_sealed(sealed, secret=secret, purpose=purpose)


def test_what_was_changed_does_not_open() -> None:
    sealed = seal("text", secret=SECRET, purpose="exchange/1")
    changed = sealed[:20] + ("A" if sealed[20] != "A" else "B") + sealed[21:]
    with pytest.raises(InvalidTag):
        open_sealed(changed, secret=SECRET, purpose="exchange/1")


def test_the_same_text_is_never_sealed_the_same() -> None:
    assert seal("text", secret=SECRET, purpose="x") != seal("text", secret=SECRET, purpose="x")


def test_a_secret_may_be_any_text() -> None:
    assert open_sealed(seal("text", secret="\ud800", purpose="x"), secret="\ud800", purpose="x") == "text"
