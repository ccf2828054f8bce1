import pytest

from shared.domain.display_name import is_spam_name


@pytest.mark.parametrize(
    "name", ["Acme Kanban", "BTC Analytics", "Click Here Labs", "Wallet", "Budget $ign", "Nowhere"]
)
def test_one_sign_is_no_spam(name: str) -> None:
    assert not is_spam_name(name)


@pytest.mark.parametrize("name", ["Claim 5 BTC now", "Free $ at bit.ly/x", "CLICK HERE t.me/x"])
def test_two_signs_are_spam(name: str) -> None:
    assert is_spam_name(name)
