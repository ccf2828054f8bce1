import contextlib

import pytest
from starlette.requests import Request

from shared.errors import PermissionDenied
from shared.http.cors import check_cookie_use, is_allowed_origin

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


@pytest.mark.parametrize(("site", "may"), [("same-origin", True), ("none", True), ("same-site", False), ("", False)])
def test_a_session_changes_something_from_pages_of_its_own_origin_alone(site: str, *, may: bool) -> None:
    request = Request({"type": "http", "method": "POST", "headers": [(b"sec-fetch-site", site.encode())]})
    with contextlib.nullcontext() if may else pytest.raises(PermissionDenied):
        check_cookie_use(request)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_what_changes_nothing_may_come_from_anywhere(method: str) -> None:
    check_cookie_use(Request({"type": "http", "method": method, "headers": [(b"sec-fetch-site", b"cross-site")]}))
