import pytest

from shared.http.cors import is_allowed_origin

ALLOWED = ("https://app.example", "http://localhost:3000", "plain.example", "*.wide.example", "ported.example:8443")


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example",
        "HTTPS://App.Example",
        "http://localhost:3000",
        "https://plain.example",
        "http://plain.example:8080",
        "https://a.wide.example",
        "https://a.b.wide.example:9",
        "https://ported.example:8443",
    ],
)
def test_an_origin_that_an_entry_means_is_allowed(origin: str) -> None:
    assert is_allowed_origin(origin, allowed=ALLOWED)


@pytest.mark.parametrize(
    "origin",
    [
        "http://app.example",
        "https://app.example.evil.example",
        "https://app.example:444",
        "https://evilplain.example",
        "https://wide.example",
        "https://evilwide.example",
        "https://ported.example",
        "https://ported.example:8444",
        "null",
        "",
        "https://[",
        "https://plain.example@evil.example",
    ],
)
def test_any_other_origin_is_not(origin: str) -> None:
    assert not is_allowed_origin(origin, allowed=ALLOWED)


def test_nothing_is_allowed_by_an_empty_list() -> None:
    assert not is_allowed_origin("https://app.example", allowed=())
