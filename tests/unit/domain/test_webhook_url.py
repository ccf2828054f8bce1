import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.address import host_and_port
from shared.domain.json_field import FieldInvalid
from shared.domain.json_value import JsonValue
from shared.domain.webhook_url import MAX_WEBHOOK_URL_CHARACTERS, origin_of, parse_url


def problems(value: JsonValue) -> tuple[str, ...]:
    with pytest.raises(FieldInvalid) as caught:
        parse_url(value, max_characters=MAX_WEBHOOK_URL_CHARACTERS)
    return caught.value.texts


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://localhost:3000/hook",
        "https://example.com",
        "https://user:pass@example.com:8443/a?b=c#d",
        "http://web/hook",
        "http://my_service:80",
        "http://[::1]:9/x",
        "https://bücher.example/é",
        "http://127.0.0.1",
    ],
)
def test_what_is_a_url(url: str) -> None:
    assert parse_url(f" {url} ", max_characters=MAX_WEBHOOK_URL_CHARACTERS) == url


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
def test_a_url_without_a_port_has_that_of_its_scheme(scheme: str, port: int) -> None:
    assert origin_of(f"{scheme}://app.example/") == origin_of(f"{scheme}://app.example:{port}")
    assert host_and_port(f"{scheme}://app.example") == ("app.example", port)


@pytest.mark.parametrize(
    "url", ["example.com", "ftp://example.com", "//example.com", "javascript:alert(1)", "HTTP://a"]
)
def test_another_scheme_is_named(url: str) -> None:
    assert problems(url) == ("URL must start with http[s]://",)


@pytest.mark.parametrize(
    "url",
    [
        "http",
        "http:",
        "http://",
        "http:///path",
        "httpfoo://a",
        "http://a b",
        "http://a\nb",
        "http://a\\@b",
        "http://a:port/",
        "http://a:99999/",
        "http://[::1",
        "http://?a",
        "http://.a",
        "http://a..b",
        "http://<a>",
        "http://@",
    ],
)
def test_what_only_starts_like_a_url(url: str) -> None:
    assert problems(url) == ("Enter a valid URL.",)


def test_a_url_is_at_most_512_characters_long() -> None:
    assert problems("http://a/" + "b" * 504) == ("Ensure this field has no more than 512 characters.",)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("http://\x00", "Null characters are not allowed."),
        ("http://\ud800", "Surrogate characters are not allowed: U+D800."),
        ({}, "Not a valid string."),
        (5, "URL must start with http[s]://"),
    ],
)
def test_any_json_gets_a_typed_answer(value: JsonValue, problem: str) -> None:
    assert problems(value) == (problem,)


@given(st.text(max_size=40))
def test_no_text_breaks_the_check(rest: str) -> None:
    try:
        url = parse_url(f"http://{rest}", max_characters=MAX_WEBHOOK_URL_CHARACTERS)
    except FieldInvalid:
        return
    assert not set(" \r\n\\") & set(url)
